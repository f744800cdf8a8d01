"""HTTP errors in the words of each dialect's own service, and how each is shown a key.

Rules of this file: pure.  These are the services' words, not the gateway's: a key that is refused is a 401 here.
Source: API references of OpenAI, Anthropic and Google AI; recorded errors.
"""

import math
from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.vendors import RefusalSettings, Wire

_ANTHROPIC_VERSION: Final = "anthropic-version"
_WORDS: Final = {
    400: "the request is wrong",
    401: "Incorrect API key provided",
    402: "your credit balance is too low",
    403: "this key may not do that",
    404: "nothing of that name is here",
    413: "the request is too large",
    429: "you send too many requests",
    500: "the server had an error while processing your request",
    502: "bad gateway",
    503: "the service is unavailable",
    504: "the service took too long",
    529: "Overloaded",
}
_OPENAI: Final = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}
_OPENAI_OTHER: Final = ("server_error", None)
_ANTHROPIC: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_ANTHROPIC_OTHER: Final = "api_error"
_GEMINI: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_GEMINI_OTHER: Final = "INTERNAL"
_RETRY_TYPE: Final = "type.googleapis.com/google.rpc.RetryInfo"


def refusal(wire: Wire, settings: RefusalSettings, *, request_id: str) -> WireReply:
    """The error as this dialect's service says it."""
    headers: HeaderPairs = (("content-type", "application/json"),)
    seconds = settings.retry_after_seconds
    if seconds is not None and wire is not Wire.GEMINI:
        headers = (*headers, ("retry-after", str(math.ceil(seconds))))
    message = settings.message or _WORDS.get(settings.status, f"status {settings.status}")
    body, id_header = _worded(wire, settings, message, request_id)
    headers = (*headers, *(((id_header, request_id),) if id_header else ()))
    return WireReply(status=settings.status, body=encode(body), headers=headers)


def shown_key(wire: Wire, headers: Mapping[str, str]) -> str:
    """The key where this dialect wants it, empty where it is not there; ``headers`` have lower-case names."""
    match wire:
        case Wire.CHAT | Wire.RESPONSES:
            return _bearer(headers) or headers.get("api-key", "")
        case Wire.ANTHROPIC:
            return (headers.get("x-api-key", "") or _bearer(headers)) if _ANTHROPIC_VERSION in headers else ""
        case Wire.GEMINI:
            return headers.get("x-goog-api-key", "")


def _worded(wire: Wire, settings: RefusalSettings, message: str, request_id: str) -> tuple[JsonObject, str]:
    """The body, and the header that tells the request's id."""
    match wire:
        case Wire.CHAT | Wire.RESPONSES:
            return _openai(settings, message), "x-request-id"
        case Wire.ANTHROPIC:
            return _anthropic(settings, message, request_id), "request-id"
        case Wire.GEMINI:
            return _gemini(settings, message), ""


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _openai(settings: RefusalSettings, message: str) -> JsonObject:
    kind, code = _OPENAI.get(settings.status, _OPENAI_OTHER)
    return {"error": {"message": message, "type": kind, "param": None, "code": settings.code or code}}


def _anthropic(settings: RefusalSettings, message: str, request_id: str) -> JsonObject:
    kind = settings.code or _ANTHROPIC.get(settings.status, _ANTHROPIC_OTHER)
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def _gemini(settings: RefusalSettings, message: str) -> JsonObject:
    error: JsonObject = {
        "code": settings.status,
        "message": message,
        "status": settings.code or _GEMINI.get(settings.status, _GEMINI_OTHER),
    }
    if settings.retry_after_seconds is not None:
        error["details"] = [{"@type": _RETRY_TYPE, "retryDelay": f"{settings.retry_after_seconds:g}s"}]
    return {"error": error}
