"""What is readable in JSON that is only carried."""

import json
from typing import Any

from codex_proxy.usage.counting.opaque import readable_json, sealed_tokens
from tests.usage.counting.pictures import base64_of, png


def test_ordinary_json_is_all_text() -> None:
    value = {"type": "web_search_call", "action": {"query": "fox"}, "list": [1, None, "ä"]}
    readable = readable_json(value)
    assert json.loads(readable.text) == value
    assert readable.ruled_tokens == 0


def test_sealed_text_costs_a_sixteenth_of_its_characters() -> None:
    readable = readable_json({"type": "compaction", "encrypted_content": "gAAA" * 400})
    assert json.loads(readable.text) == {"type": "compaction", "encrypted_content": ""}
    assert readable.ruled_tokens == 100
    assert [sealed_tokens(sealed) for sealed in ("", "a", "a" * 17)] == [0, 1, 2]


def test_base64_is_a_picture_wherever_it_stands() -> None:
    picture = base64_of(png(512, 512) + b"\x00" * 5000)
    readable = readable_json({"result": picture, "parts": [{"image_url": f"data:image/png;base64,{picture}"}]})
    assert b"iVBOR" not in readable.text
    assert readable.ruled_tokens == 2 * 255


def test_long_prose_is_no_base64() -> None:
    prose = "several words of prose " * 100
    assert json.loads(readable_json({"text": prose}).text) == {"text": prose}


def test_bottomless_nesting_is_cut() -> None:
    value: Any = "deep"
    for _ in range(900):
        value = [value]
    assert b"deep" not in readable_json({"value": value}).text
