"""Failures of vendors, from HTTP errors and from error objects inside streams, by what a dialect's vendors say.

Rules of this file: total; policy is in tables: a dialect brings ``Words``, those of OpenAI's dialects stand here.
Source: OpenAI API reference; recorded errors of Azure, Groq, llama.cpp, Moonshot, OpenAI, OpenRouter and xAI.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import BY_CODE, BY_WORDS, retry_after_in

Phrases: TypeAlias = tuple[tuple[re.Pattern[str], FailureKind], ...]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """How the vendors of one dialect say what went wrong.

    In order of weight: ``codes``, ``phrases`` of the message, ``names``, ``hints``, which are phrases that count where
    the status says little, ``statuses``, and ``client_error`` for other statuses below 500.  Codes and names are looked
    up in lower case, in what ``read_reasons`` finds and then in the ``code_members`` of the error object, of which the
    first is told on.  ``param_phrase`` finds the member at fault in the message, ``read_wait`` seconds.
    """

    codes: dict[str, FailureKind]
    phrases: Phrases
    statuses: dict[int, FailureKind]
    names: dict[str, FailureKind] = {}
    hints: Phrases = ()
    client_error: FailureKind = FailureKind.INVALID_REQUEST
    code_members: tuple[str, ...] = ("code", "type")
    param_phrase: re.Pattern[str] | None = None
    read_reasons: Callable[[JsonObject], Iterable[str]] = lambda _: ()
    read_wait: Callable[[JsonObject], float | None] = lambda _: None


# Codes and types that only vendors use.
_CODES: Final[dict[str, FailureKind]] = {
    "exceed_context_size_error": FailureKind.CONTEXT_TOO_LONG,
    "model_not_available": FailureKind.MODEL_NOT_FOUND,
    "invalid_model": FailureKind.MODEL_NOT_FOUND,
    "deploymentnotfound": FailureKind.MODEL_NOT_FOUND,
    "authentication_error": FailureKind.UNAUTHORIZED,
    "permission_denied": FailureKind.FORBIDDEN,
    "permission_error": FailureKind.FORBIDDEN,
    "insufficient_balance": FailureKind.PAYMENT_REQUIRED,
    "billing_hard_limit_reached": FailureKind.PAYMENT_REQUIRED,
    "rate_limit_error": FailureKind.RATE_LIMITED,
    "ratelimitreached": FailureKind.RATE_LIMITED,
    "too_many_requests": FailureKind.RATE_LIMITED,
    "engine_overloaded_error": FailureKind.OVERLOADED,
    "tool_use_failed": FailureKind.UPSTREAM_ERROR,
}
_STATUSES: Final[dict[int, FailureKind]] = {
    400: FailureKind.INVALID_REQUEST,
    401: FailureKind.UNAUTHORIZED,
    402: FailureKind.PAYMENT_REQUIRED,
    403: FailureKind.FORBIDDEN,
    405: FailureKind.INVALID_REQUEST,
    408: FailureKind.TIMEOUT,
    409: FailureKind.INVALID_REQUEST,
    413: FailureKind.TOO_LARGE,
    415: FailureKind.INVALID_REQUEST,
    422: FailureKind.INVALID_REQUEST,
    429: FailureKind.RATE_LIMITED,
    498: FailureKind.OVERLOADED,
    503: FailureKind.OVERLOADED,
    504: FailureKind.TIMEOUT,
    524: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOADED,
}
_TOO_LONG: Final = re.compile(
    r"context (?:length|size|window)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
_NO_MODEL: Final = re.compile(
    r"model\b.*\b(?:not found|does not exist|not exist|not a valid|unknown)|not a valid model|unknown model"
    r"|no such model",
    re.IGNORECASE,
)


OPENAI: Final = Words(
    codes=BY_CODE | _CODES,
    phrases=BY_WORDS,
    statuses=_STATUSES,
    hints=((_TOO_LONG, FailureKind.CONTEXT_TOO_LONG), (_NO_MODEL, FailureKind.MODEL_NOT_FOUND)),
    client_error=FailureKind.UPSTREAM_ERROR,
)
_HINTING_STATUSES: Final = frozenset({None, 400, 404, 413, 422})


def parse_vendor_failure(status: int, headers: Mapping[str, str], body: bytes, words: Words = OPENAI) -> Failure:
    """A vendor's HTTP error, classified; header names are lower-case."""
    fallback = f"the vendor answered with HTTP status {status}"
    return read_vendor_error(decoded(body), status=status, headers=headers, fallback=fallback, words=words)


def read_vendor_error(
    value: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    fallback: str = "the vendor reported an error",
    words: Words = OPENAI,
) -> Failure:
    """An error body, or an error object inside a stream, in any of the shapes seen.

    Shapes: ``{"error": {...}}``, ``{"error": "text"}``, ``[{"error": ...}]``, Mistral's and others' flat object.
    """
    error = _error_of(value)
    message = _message_of(error)
    param, found = error.get("param"), words.param_phrase.search(message) if words.param_phrase else None
    told = headers or {}
    return Failure(
        kind=_kind_of(error, message, status, words),
        message=told_on(message or fallback),
        code=next(iter(_codes_of(error, words)), None),
        status=status,
        param=param if isinstance(param, str) else found.group(1) if found else None,
        retry_after_seconds=words.read_wait(error) or wait_seconds(told) or retry_after_in(message),
        request_id=told.get("x-request-id") or told.get("apim-request-id"),
    )


def _error_of(value: object) -> JsonObject:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error")
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, str):
        words = value["message"] if isinstance(value.get("message"), str) else inner
        return {"message": words, "code": value.get("code")}
    return value


def _codes_of(error: JsonObject, words: Words) -> list[str]:
    values = [error.get(name) for name in words.code_members]
    return [value for value in values if isinstance(value, str) and value and not value.isdigit()]


def _message_of(error: JsonObject) -> str:
    """The message; OpenRouter hides the vendor's own words in ``metadata.raw``, FastAPI servers use ``detail``."""
    message = _first_text(error, "message", "msg", "detail")
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f"{message}: {raw}" if message and isinstance(raw, str) and raw else message


def _first_text(members: JsonObject, *names: str) -> str:
    found: list[Any] = [members.get(name) for name in names]
    return next((value for value in found if isinstance(value, str) and value), "")


def _kind_of(error: JsonObject, message: str, status: int | None, words: Words) -> FailureKind:
    told = [word.lower() for word in (*words.read_reasons(error), *_codes_of(error, words))]
    inner = error.get("status_code", error.get("code"))
    seen = status if status is not None else inner if isinstance(inner, int) and 400 <= inner < 600 else None
    return (
        _known(words.codes, told)
        or _phrased(words.phrases, message)
        or _known(words.names, told)
        or (_phrased(words.hints, message) if seen in _HINTING_STATUSES else None)
        or _kind_of_status(seen, words)
    )


def _known(kinds: Mapping[str, FailureKind], told: list[str]) -> FailureKind | None:
    return next((kinds[word] for word in told if word in kinds), None)


def _phrased(phrases: Phrases, message: str) -> FailureKind | None:
    return next((kind for pattern, kind in phrases if pattern.search(message)), None)


def _kind_of_status(status: int | None, words: Words) -> FailureKind:
    if status is None or not 400 <= status < 500:
        return words.statuses.get(status or 0, FailureKind.UPSTREAM_ERROR)
    return words.statuses.get(status, words.client_error)
