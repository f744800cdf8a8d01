"""A transport that plays a script instead of calling anybody; for tests, of ours and of others.

Rules of this file: it keeps every call it was given, in order, and answers with the next scripted reply for the call's
account, or with the next one for everybody.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall


class Piece(msgspec.Struct, frozen=True):
    """Bytes of the body, after ``delay_seconds``."""

    data: bytes
    delay_seconds: float = 0.0


class Break(msgspec.Struct, frozen=True):
    """The connection breaks here with this failure."""

    failure: Failure = Failure(
        kind=FailureKind.DISCONNECTED, message="connection lost: the upstream broke off the stream"
    )


class Stall(msgspec.Struct, frozen=True):
    """Silence from here on, until somebody cancels."""


BodyStep: TypeAlias = Piece | Break | Stall


class ScriptedReply(msgspec.Struct, frozen=True, kw_only=True):
    """One reply.  ``refused`` raises it instead of replying; ``headers_after_seconds`` delays the headers."""

    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: {"content-type": "text/event-stream"})
    body: tuple[BodyStep, ...] = ()
    headers_after_seconds: float = 0.0
    refused: Failure | None = None


class ScriptedTransport:
    """Implements the gateway's ``Transport`` from a script."""

    def __init__(self) -> None:
        self.calls: list[tuple[Route, UpstreamCall]] = []
        self.cancelled: list[Route] = []
        self._by_account: dict[str, deque[ScriptedReply]] = defaultdict(deque)
        self._for_all: deque[ScriptedReply] = deque()

    def add(self, *replies: ScriptedReply, account_id: str | None = None) -> None:
        """Append replies for one account, or for whoever calls next."""
        (self._for_all if account_id is None else self._by_account[account_id]).extend(replies)

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """Play the next reply; see ``Transport``."""
        return self._open(call, route)

    @asynccontextmanager
    async def _open(self, call: UpstreamCall, route: Route) -> AsyncIterator[UpstreamReply]:
        self.calls.append((route, call))
        replies = self._by_account[route.account_id] or self._for_all
        if not replies:
            raise AssertionError(f"no scripted reply left for {call.method} {call.path}")
        reply = replies.popleft()
        await asyncio.sleep(reply.headers_after_seconds)
        if reply.refused is not None:
            raise TransportError(reply.refused)
        played = _PlayedReply(reply)
        try:
            yield played
        finally:
            if not played.at_end:
                self.cancelled.append(route)


class _PlayedReply:
    def __init__(self, reply: ScriptedReply) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.at_end = False
        self._steps = deque(reply.body)

    async def read(self) -> bytes:
        while self._steps:
            step = self._steps.popleft()
            match step:
                case Piece():
                    await asyncio.sleep(step.delay_seconds)
                    if step.data:
                        return step.data
                case Break():
                    self.at_end = True
                    raise TransportError(step.failure)
                case Stall():
                    await asyncio.Event().wait()
        self.at_end = True
        return b""
