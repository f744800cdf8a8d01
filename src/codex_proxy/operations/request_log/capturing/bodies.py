"""Captured bodies as they are kept: unpacked, without secrets, cut to size.

Rules of this file: a body is redacted before it is cut for showing, and what lies near a cut of the capture itself is
left out, since a secret may have been cut there; pictures and other bytes are told by size and digest.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import zstandard

from codex_proxy.operations.request_log.capturing.capture import (
    MARGIN_BYTES,
    Body,
    Capture,
    CapturedCall,
    CapturedMessage,
)

Redact: TypeAlias = Callable[[str], str]
"""Gives a text without the secrets in it."""

MOST_TEXT: Final = 2000
"""Characters kept of a text that somebody else wrote and that is no body."""
REDACTED: Final = "[redacted]"
_SECRET_HEADER: Final = re.compile(r"auth|token|secret|key|cookie|password|credential", re.IGNORECASE)
_TEXT_TYPES: Final = re.compile(r"^(?:text/|application/(?:[\w.+-]*json|x-ndjson|x-www-form-urlencoded|xml|yaml))")
_LONG_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{1024,}={0,2}")
_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}
_MOST_HEADERS: Final = 64


def bodies_of(capture: Capture, redact: Redact) -> dict[str, Any]:
    """What is kept of a capture: ``request``, ``calls`` with ``request`` and ``reply`` each, and ``answer``."""
    limit = capture.limit_bytes
    return {
        "request": _message(capture.request, redact, limit),
        "calls": [_call(call, redact, limit) for call in capture.calls],
        "answer": _message(capture.answer, redact, limit),
    }


def _call(call: CapturedCall, redact: Redact, limit: int) -> dict[str, Any]:
    told = {
        "startedMs": round(call.started_seconds * 1000, 1),
        "accountId": call.account_id,
        "request": _message(call.request, redact, limit),
        "reply": _message(call.reply, redact, limit),
    }
    if call.failure is not None:
        told["failure"] = {"kind": call.failure.kind.value, "error": redact(call.failure.message)[:MOST_TEXT]}
    return told


def _message(message: CapturedMessage, redact: Redact, limit: int) -> dict[str, Any]:
    start: dict[str, Any] = {"method": message.method, "target": redact(message.target)[:MOST_TEXT]}
    if message.status is not None or not message.method:
        start = {"status": message.status}
    return {**start, "headers": _headers(message.headers, redact), "body": _body(message, redact, limit)}


def _headers(headers: Sequence[tuple[str, str]], redact: Redact) -> list[list[str]]:
    return [
        [name[:MOST_TEXT], REDACTED if _SECRET_HEADER.search(name) else _clean(value, redact)[:MOST_TEXT]]
        for name, value in headers[:_MOST_HEADERS]
    ]


def _body(message: CapturedMessage, redact: Redact, limit: int) -> dict[str, Any]:
    headers = dict(message.headers)
    body, kind = message.body, headers.get("content-type", "application/json")
    if not body.size_bytes:
        return {"bytes": 0, "text": ""}
    if _TEXT_TYPES.match(kind.lower()) is None:
        head, _ = body.edges()
        return {"bytes": body.size_bytes, "type": redact(kind)[:MOST_TEXT], "sha256": hashlib.sha256(head).hexdigest()}
    head, tail, is_cut = _unpacked(body, headers.get("content-encoding", ""))
    shown: dict[str, Any] = {"bytes": body.size_bytes}
    begins = redact(head.decode("utf-8", "replace"))
    if not is_cut:
        text = _plain(begins)
        if len(text) <= 2 * limit:
            return shown | {"text": text}
        return shown | {"text": text[:limit], "end": text[-limit:], "cut": True}
    shown |= {"text": _plain(begins[: max(0, len(begins) - MARGIN_BYTES)])[:limit], "cut": True}
    if tail:
        shown["end"] = _plain(redact(tail.decode("utf-8", "replace"))[MARGIN_BYTES:])[-limit:]
    return shown


def _unpacked(body: Body, encoding: str) -> tuple[bytes, bytes, bool]:
    """The beginning, the end, and whether something is missing between them, or after the beginning."""
    head, tail = body.edges()
    room = 16 * len(head) + MARGIN_BYTES  # texts pack well; a bomb does not fill the memory
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if not names or names == ["identity"]:
        return head, tail or b"", tail is not None
    try:
        if names == ["zstd"]:
            told = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(head)).read(room + 1)
        elif len(names) == 1 and names[0] in _WINDOW_BITS:
            told = zlib.decompressobj(_WINDOW_BITS[names[0]]).decompress(head, room + 1)
        else:
            return b"", b"", True
    except (zstandard.ZstdError, zlib.error):
        return head, tail or b"", tail is not None  # already unpacked by whoever read it
    return told[:room], b"", tail is not None or len(told) > room


def _clean(text: str, redact: Redact) -> str:
    return _plain(redact(text))


def _plain(text: str) -> str:
    return _LONG_BASE64.sub(_digest, text).encode("utf-8", "replace").decode()


def _digest(match: re.Match[str]) -> str:
    text = match.group()
    return f"[{len(text)} characters of base64, sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}]"
