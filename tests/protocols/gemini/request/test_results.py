"""What functions gave back."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, Image, ResultPart, Text
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.results import parse_result


def result(response: Any, **members: Any) -> tuple[tuple[ResultPart, ...], bool]:
    return parse_result(WireFields({"name": "f", "response": response, **members}), None)


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"output": "sunny"}, "sunny"),
        ({"result": "sunny"}, "sunny"),
        ({"result": {"a": 1}}, '{"result":{"a":1}}'),
        ({"output": "x", "exitCode": 0}, '{"output":"x","exitCode":0}'),
        ({}, "{}"),
        ("plain", "plain"),
        ([1], "[1]"),
    ],
)
def test_a_lone_string_stays_one_and_the_rest_is_json(response: Any, text: str) -> None:
    assert result(response) == ((Text(text=text),), False)


def test_an_error_says_so() -> None:
    assert result({"error": "no such file"}) == ((Text(text="Error: no such file"),), True)
    assert result({"error": {"code": 1}}) == ((Text(text='Error: {"error":{"code":1}}'),), True)
    assert result({"error": None, "a": 1})[1] is False


def test_pictures_beside_the_text_stay_pictures() -> None:
    parts = [{"inline_data": {"mime_type": "image/png", "data": "aGk="}}]
    picture = Image(source=DataSource(media_type="image/png", data="aGk="))
    assert result({"output": "see"}, parts=parts) == ((Text(text="see"), picture), False)
    assert result(None, parts=parts) == ((picture,), False)


def test_the_picture_of_an_mcp_server_is_lifted_out() -> None:
    content = [{"type": "text", "text": "see"}, {"type": "image", "data": "aGk=", "mimeType": "image/webp"}]
    picture = Image(source=DataSource(media_type="image/webp", data="aGk="))
    assert result({"content": content, "isError": False}) == ((Text(text="see"), picture), False)
    assert result({"content": content[:1]})[0] == (Text(text='{"content":[{"type":"text","text":"see"}]}'),)
