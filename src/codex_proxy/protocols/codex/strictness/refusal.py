"""Refusals: the two bodies in which the backend says no, and the exception that carries one.

Rules of this file: the front door answers ``{"detail": ...}``, the model service behind it ``{"error": {...}}``; which
of them speaks is part of the wire form.  Source: replies quoted in public reports, accepted by Codex CLI 0.169.
"""

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode


class Refused(Exception):
    """The backend answers ``reply`` instead of a stream."""

    def __init__(self, reply: WireReply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


def detail(text: str, *, status: int = 400) -> Refused:
    """A refusal by the front door."""
    return Refused(WireReply(status=status, body=encode({"detail": text})))


def error(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> Refused:
    """A refusal by the model service; ``param`` is the field's path."""
    told = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refused(WireReply(status=status, body=encode({"error": told})))


def invalid_value(param: str, value: object, supported: tuple[str, ...]) -> Refused:
    """A word that is none of ``supported``."""
    listed = ", ".join(f"'{word}'" for word in supported)
    return error(
        f"Invalid value: '{value}'. Supported values are: {listed}.",
        code="invalid_value",
        param=param,
    )


def invalid_type(param: str, expected: str) -> Refused:
    """A member of the wrong JSON type."""
    return error(f"Invalid type for '{param}': expected {expected}.", code="invalid_type", param=param)


def too_long(param: str, limit: int, length: int) -> Refused:
    """A string over its limit, both in characters."""
    return error(
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead.",
        code="string_above_max_length",
        param=param,
    )
