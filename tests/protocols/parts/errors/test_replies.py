"""What error replies of every upstream have in common."""

import pytest

from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_seconds(headers) == seconds


@pytest.mark.parametrize(
    "key", ["sk-abc***wxyz", "gsk_no gsk-abcdefgh", "xai-abcdefgh", "AIza0123456789a", "ya29.a0123456789"]
)
def test_keys_do_not_pass(key: str) -> None:
    assert told_on(f"wrong key {key} given").endswith("[key] given")


def test_long_words_are_cut() -> None:
    assert told_on("x" * 9000) == "x" * 2000


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 9000, b'{"a":'])
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    assert decoded(body) is None


def test_a_body_is_any_value() -> None:
    assert decoded(b'\xef\xbb\xbf["a"]') == ["a"]
