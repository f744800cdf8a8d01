"""Content parts, both ways."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, File, FileIdSource, Image, Opaque, Text, ToolCall, UrlSource
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import InvalidRequest, Unsupported
from codex_proxy.protocols.openai_responses.request.parts import build_part, parse_part
from codex_proxy.protocols.parts.fields import Fields

PARTS: list[dict[str, Any]] = [
    {"type": "input_text", "text": "hi"},
    {"type": "input_text", "text": "hi", "future": 1},
    {"type": "refusal", "refusal": "no"},
    {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "high"},
    {"type": "input_image", "image_url": "data:image/gif;base64,R0lGODlh"},
    {"type": "input_image", "file_id": "file-1"},
    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
    {"type": "input_file", "file_url": "https://example.com/a.pdf"},
    {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
    {"type": "hologram", "data": 1},
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part["type"])
def test_a_part_is_written_back_as_it_came(part: dict[str, Any]) -> None:
    assert build_part(parse_part(Fields(dict(part))), assistant=False) == part


def test_parts_become_blocks() -> None:
    assert parse_part(Fields(PARTS[3])) == Image(source=UrlSource(url="https://example.com/a.png"), detail="high")
    assert parse_part(Fields(PARTS[4])) == Image(source=DataSource(media_type="image/gif", data="R0lGODlh"))
    assert parse_part(Fields(PARTS[5])) == Image(source=FileIdSource(file_id="file-1"))
    assert parse_part(Fields(PARTS[9])) == Opaque(dialect=Dialect.OPENAI_RESPONSES, payload=PARTS[9])


def test_an_assistants_text_is_output_text() -> None:
    assert build_part(Text(text="a"), assistant=True) == {"type": "output_text", "text": "a"}


def test_bare_base64_is_a_file_of_unknown_type() -> None:
    part = parse_part(Fields({"type": "input_file", "file_data": "aGk="}))
    assert part == File(source=DataSource(media_type="application/octet-stream", data="aGk="))


def test_the_chat_spelling_of_a_picture_is_read_too() -> None:
    url = {"url": "https://example.com/a.png", "detail": "low"}
    part = parse_part(Fields({"type": "input_image", "image_url": url}))
    assert part == Image(source=UrlSource(url="https://example.com/a.png"), detail="low")


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"type": "input_text"}, "text"),
        ({"type": "input_text", "text": 7}, "text"),
        ({"type": "input_image"}, "image_url"),
        ({"type": "input_file", "filename": "x"}, "file_data"),
        ({"type": "input_audio"}, "input_audio.data"),
    ],
)
def test_a_part_without_its_content_is_named(part: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_part(Fields(part))
    assert refused.value.path == path


def test_a_call_cannot_stand_in_a_message() -> None:
    with pytest.raises(Unsupported, match="ToolCall"):
        build_part(ToolCall(call_id="c", name="n", arguments="{}"), assistant=True)
