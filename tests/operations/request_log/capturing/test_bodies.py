"""Captured bodies as they are kept."""

import gzip
import json
from typing import Any

import pytest
import zstandard

from codex_proxy.operations.request_log.capturing.bodies import bodies_of
from codex_proxy.operations.request_log.capturing.capture import (
    MARGIN_BYTES,
    Body,
    Capture,
    CapturedCall,
    CapturedMessage,
)
from tests.operations.request_log.samples import BROKEN, SECRET, redact

LIMIT = 100


def message(content: bytes, *headers: tuple[str, str], status: int | None = None) -> CapturedMessage:
    body = Body(LIMIT)
    body.add(content)
    return CapturedMessage(body, method="" if status else "POST", target="/v1/x", status=status, headers=headers)


def kept(content: bytes, *headers: tuple[str, str]) -> dict[str, Any]:
    """What is kept of a request with this body."""
    capture = Capture(LIMIT, 0.0, message(content, *headers), message(b"", status=200))
    told: dict[str, Any] = bodies_of(capture, redact)["request"]
    return told


def test_everything_that_passed_is_kept_without_secrets() -> None:
    call = CapturedCall(message(b"{}"), message(b"no", status=500), 0.5, BROKEN)
    capture = Capture(LIMIT, 0.0, message(f'{{"a":"{SECRET}"}}'.encode()), message(b"answer", status=200), [call])
    told = bodies_of(capture, redact)
    assert SECRET not in json.dumps(told)
    assert told["request"]["body"]["text"] == '{"a":"[redacted]"}'
    assert told["answer"] == {"status": 200, "headers": [], "body": {"bytes": 6, "text": "answer"}}
    [each] = told["calls"]
    assert (each["startedMs"], each["reply"]["status"], each["failure"]["kind"]) == (500.0, 500, "upstream_error")


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "cookie", "x-goog-api-key", "proxy-authorization"])
def test_headers_with_secret_names_are_never_shown(name: str) -> None:
    assert kept(b"", (name, "anything"), ("accept", SECRET))["headers"] == [
        [name, "[redacted]"],
        ["accept", "[redacted]"],
    ]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("zstd", zstandard.compress), ("gzip", gzip.compress), ("identity", bytes), ("gzip", bytes)],
)
def test_packed_bodies_are_unpacked_and_those_unpacked_already_stay(encoding: str, pack: Any) -> None:
    assert kept(pack(b"plain " + SECRET.encode()), ("content-encoding", encoding))["body"]["text"] == "plain [redacted]"


def test_an_unknown_packing_shows_nothing() -> None:
    body = kept(b"whatever", ("content-encoding", "br"))["body"]
    assert (body["text"], body["cut"]) == ("", True)


def test_a_bomb_stays_small() -> None:
    body = kept(zstandard.compress(b"x " * 25_000_000), ("content-encoding", "zstd"))["body"]
    assert body["cut"]
    assert len(body["text"]) == LIMIT


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    body = kept(b"a" * 500 + b"z" * 500)["body"]
    assert (body["text"], body["end"], body["cut"]) == ("a" * LIMIT, "z" * LIMIT, True)


@pytest.mark.parametrize("shift", range(0, len(SECRET) + 1, 3))
def test_no_part_of_a_secret_is_shown_where_the_capture_is_cut(shift: int) -> None:
    edge = MARGIN_BYTES + LIMIT
    text = ("." * (edge - shift) + SECRET).ljust(3 * edge, ".") + SECRET + "." * (edge - shift)
    body = kept(text.encode())["body"]
    assert set(body["text"] + body["end"]) == {"."}


def test_a_secret_at_the_very_cut_of_what_is_shown_is_gone() -> None:
    text = "." * (LIMIT - 5) + SECRET + "." * 1000
    assert "a-sec" not in kept(text.encode())["body"]["text"]


def test_pictures_and_bytes_are_told_by_size_and_digest() -> None:
    body = kept(b"\x89PNG" * 10, ("content-type", "image/png"))["body"]
    assert (body["bytes"], body["type"], len(body["sha256"])) == (40, "image/png", 64)
    text = kept(b'{"image":"' + b"QUJD" * 400 + b'"}')["body"]["text"]
    assert text.startswith('{"image":"[1600 characters of base64')


def test_text_that_is_no_utf_8_is_still_text() -> None:
    assert kept(b"\xff\xfe")["body"]["text"] == "��"
