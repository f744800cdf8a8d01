"""Failures as the Ollama API tells them, and servers' failures in our words.

Rules of this file: an error is ``{"error": "one sentence"}``, never JSON in a string and never an object, which its
clients cannot show; the status comes from the failure's kind.  Reading is total; policy is in tables.  Source: Ollama
API reference; recorded errors; ollama-python 0.6.3, which parses the text of a stream's error as JSON.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind, client_status
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.errors.openai_errors import failure_headers
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import kind_of_status, retry_after_in

NOT_SUPPORTED: Final = "not_supported"
"""The code of failures about what no bridge can do, such as building a model; their status is 501."""

_K: Final = FailureKind
_NO_MODEL: Final = frozenset({_K.MODEL_NOT_FOUND, _K.MODEL_NOT_IN_PLAN})
_KINDS: Final = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"model .*not found|model is required|no such model", _K.MODEL_NOT_FOUND),
        (r"does not support thinking|think value .* is not supported", _K.UNSUPPORTED_PARAMETER),
        (r"context (?:length|size|window)|input length exceeds|prompt is too long", _K.CONTEXT_TOO_LONG),
        (r"server busy|too many (?:concurrent )?requests|maximum pending requests", _K.OVERLOADED),
        (r"unauthorized|invalid api key", _K.UNAUTHORIZED),
    )
)
_SWITCH: Final = "think"


def error_reply(failure: Failure, *, model: str | None = None) -> WireReply:
    """The HTTP answer to a failure; ``model`` is the name the client asked for."""
    status = 501 if failure.code == NOT_SUPPORTED else client_status(failure)
    return WireReply(status=status, body=error_body(failure, model=model), headers=failure_headers(failure))


def error_body(failure: Failure, *, model: str | None = None) -> bytes:
    """The error as JSON, for a reply or for a line of a stream."""
    text = plain_text(failure.message)
    if failure.kind in _NO_MODEL and model:
        text = f"model '{model}' not found: {text}"  # clients look for the first four words
    return msgspec.json.encode({"error": text})


def plain_text(message: str) -> str:
    """A message that is no JSON: the words of an error object, or the JSON with words before it."""
    value = decoded(message.encode("utf-8", "replace"))
    if value is None:
        return message
    return _words_of(value) if isinstance(value, dict) and _words_of(value) else f"the upstream said: {message}"


def parse_server_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """A server's HTTP error, classified; header names are lower-case."""
    value = decoded(body)
    failure = read_error(value if isinstance(value, dict) else {}, status=status)
    return msgspec.structs.replace(failure, retry_after_seconds=wait_seconds(headers) or failure.retry_after_seconds)


def read_error(value: Mapping[str, Any], *, status: int | None = None) -> Failure:
    """The failure that an error body, or an error line, tells; ``status`` is None within a stream."""
    fallback = "the server reported an error" if status is None else f"the server answered with HTTP status {status}"
    words = _words_of(value) or fallback
    kind = next((kind for pattern, kind in _KINDS if pattern.search(words)), None) or kind_of_status(status)
    return Failure(
        kind=kind,
        message=told_on(words),
        status=status,
        param=_SWITCH if kind is _K.UNSUPPORTED_PARAMETER else None,
        retry_after_seconds=retry_after_in(words),
    )


def _words_of(value: Mapping[str, Any]) -> str:
    """The text of ``error``, which gateways in front of a server also send as an object, or of ``message``."""
    error = value.get("error")
    if isinstance(error, dict):
        error = error.get("message")
    found = error if isinstance(error, str) and error else value.get("message")
    return found if isinstance(found, str) else ""
