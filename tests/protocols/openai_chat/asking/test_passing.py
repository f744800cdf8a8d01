"""A chat client's own body for a vendor."""

import json

import pytest

from codex_proxy.protocols.openai_chat.asking.passing import is_usage_chunk, passed_body


def test_only_the_model_changes_where_the_counts_come_anyway() -> None:
    body = b'{"model":"mine", "stream":true,"stream_options": {"include_usage": true}}'
    assert passed_body(body, "theirs", counts=False) == body.replace(b"mine", b"theirs")


@pytest.mark.parametrize("options", ["", ',"stream_options":null', ',"stream_options":{"include_obfuscation":false}'])
def test_counts_are_asked_for_beside_whatever_else_is(options: str) -> None:
    told = json.loads(passed_body(f'{{"model":"mine"{options}}}'.encode(), "theirs", counts=True))
    assert (told["model"], told["stream_options"]["include_usage"]) == ("theirs", True)
    assert ("include_obfuscation" in options) == ("include_obfuscation" in told["stream_options"])


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b'{"choices":[],"usage":{"prompt_tokens":1}}', True),
        (b' {"id":"c","choices": [], "usage": {"prompt_tokens": 1}}', True),
        (b'{"choices":[],"usage":null}', False),
        (b'{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1}}', False),
        (b'{"choices":[{"index":0,"delta":{"content":"\\"usage\\""}}]}', False),
        (b'{"usage" broken', False),
        (b"[DONE]", False),
    ],
)
def test_a_chunk_of_counts_has_nothing_else(data: bytes, is_one: bool) -> None:
    assert is_usage_chunk(data) is is_one
