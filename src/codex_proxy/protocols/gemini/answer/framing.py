"""The two forms of a Gemini stream: server-sent events with ``alt=sse``, a JSON array without.

Rules of this file: never a comment, an event name, an id or ``[DONE]``, each of which breaks an official SDK; silence
is filled with a blank line, which is whitespace to every reader of either form.
"""

from typing import Final, Protocol

from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import EVENT_STREAM

JSON: Final = "application/json; charset=utf-8"
HEARTBEAT: Final = b"\n"


class Framing(Protocol):
    """How chunks stand on the wire; lives for one answer."""

    content_type: str

    def chunk(self, body: bytes) -> bytes:
        """One chunk."""
        ...

    def close(self) -> bytes:
        """What ends the stream after its last chunk."""
        ...


class EventFraming:
    """Server-sent events, one chunk each."""

    content_type = EVENT_STREAM

    def chunk(self, body: bytes) -> bytes:
        """See ``Framing``."""
        return encode_frame(body)

    def close(self) -> bytes:
        """Nothing: the stream ends with its connection."""
        return b""


class ArrayFraming:
    """One JSON array, one chunk an element."""

    content_type = JSON

    def __init__(self) -> None:
        self._began = False

    def chunk(self, body: bytes) -> bytes:
        """See ``Framing``."""
        lead = b",\n" if self._began else b"["
        self._began = True
        return lead + body

    def close(self) -> bytes:
        """The closing bracket, of an empty array where no chunk came."""
        return b"]" if self._began else b"[]"


def framing(*, sse: bool) -> Framing:
    """The form that the client asked for."""
    return EventFraming() if sse else ArrayFraming()
