"""Bodies as they pass: the beginning and the end of each, as bytes.

Rules of this file: nothing is looked into and nothing copied but what is kept; nobody waits.  More is kept than will be
shown: where a body is cut, a secret may be cut too, and what is left of it must not be shown.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from codex_proxy.canonical.failure import Failure

MARGIN_BYTES: Final = 16_384
"""Bytes kept beyond what is shown at each cut; longer than any secret."""


class Body:
    """A body that passes; ``limit_bytes`` of its beginning and of its end are to be shown."""

    __slots__ = ("_edge_bytes", "_head", "_head_bytes", "_tail", "size_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self._edge_bytes = limit_bytes + MARGIN_BYTES
        self._head: list[bytes] = []
        self._head_bytes = 0
        self._tail = bytearray()
        self.size_bytes = 0

    def add(self, chunk: bytes) -> None:
        """The next bytes."""
        self.size_bytes += len(chunk)
        room = self._edge_bytes - self._head_bytes
        if room > 0:
            taken = chunk[:room]
            self._head.append(taken)
            self._head_bytes += len(taken)
            chunk = chunk[room:]
        if chunk:
            self._tail += chunk[-self._edge_bytes :]
            if len(self._tail) > 2 * self._edge_bytes:
                del self._tail[: -self._edge_bytes]

    def edges(self) -> tuple[bytes, bytes | None]:
        """The beginning and the end; where nothing is missing between them all of it, and None."""
        head = b"".join(self._head)
        end = bytes(self._tail[-self._edge_bytes :])
        return (head + end, None) if len(head) + len(end) >= self.size_bytes else (head, end)


@dataclass(slots=True)
class CapturedMessage:
    """A request or a reply: its start line, its headers and its body; ``target`` is a path, or a URL."""

    body: Body
    method: str = ""
    target: str = ""
    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class CapturedCall:
    """One upstream call.

    ``started_seconds`` counts from the request's arrival; ``account_id`` is the row id of who asked, an account's or a
    vendor key's.
    """

    request: CapturedMessage
    reply: CapturedMessage
    started_seconds: float = 0.0
    failure: Failure | None = None
    account_id: str = ""


@dataclass(slots=True)
class Capture:
    """What passed for one request; ``began_at`` is a monotonic second."""

    limit_bytes: int
    began_at: float
    request: CapturedMessage
    answer: CapturedMessage
    calls: list[CapturedCall] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        edge = 2 * (self.limit_bytes + MARGIN_BYTES)
        messages = [self.request, self.answer]
        for call in self.calls:
            messages += (call.request, call.reply)
        return sum(min(message.body.size_bytes, edge) for message in messages)


@dataclass(slots=True, kw_only=True)
class Visit:
    """The request that is being served in this context.

    ``request_id`` is empty until it has one; ``is_exchange`` says that it became one.  ``started_at`` is an epoch
    second, ``began_at`` a monotonic one.
    """

    method: str
    path: str
    started_at: float
    began_at: float
    client_request_id: str | None = None
    request_id: str = ""
    status: int | None = None
    refusal: bytes = b""
    is_exchange: bool = False
    capture: Capture | None = None


VISIT: Final[ContextVar[Visit | None]] = ContextVar("codex_proxy_visit", default=None)
"""The visit whose work runs here: what goes out for it goes on in tasks of its context."""
