"""The transport that keeps what goes out and comes back, for visits that are captured.

Rules of this file: whoever is not captured meets nothing of it; pieces are handed on before anything else could fail.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from codex_proxy.gateway.ports import Route, Transport, TransportError, UpstreamReply
from codex_proxy.operations.request_log.capturing.capture import VISIT, Body, Capture, CapturedCall, CapturedMessage
from codex_proxy.protocols.base import UpstreamCall


class CapturingTransport:
    """Implements the gateway's ``Transport`` over another one."""

    def __init__(self, transport: Transport, *, monotonic: Callable[[], float]) -> None:
        self._transport = transport
        self._monotonic = monotonic

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """See ``Transport``."""
        visit = VISIT.get()
        opened = self._transport.open(call, route)
        if visit is None or visit.capture is None:
            return opened
        return _Passage(opened, _begun(visit.capture, call, route, self._monotonic()))


def _begun(capture: Capture, call: UpstreamCall, route: Route, now: float) -> CapturedCall:
    limit = capture.limit_bytes
    request = CapturedMessage(
        Body(limit), method=call.method, target=route.base_url + call.path, headers=tuple(call.headers)
    )
    request.body.add(call.body)
    reply = CapturedMessage(Body(limit))
    captured = CapturedCall(request, reply, now - capture.began_at, account_id=route.account_id)
    capture.calls.append(captured)
    return captured


class _Passage(AbstractAsyncContextManager[UpstreamReply]):
    """One call on its way."""

    __slots__ = ("_call", "_captured")

    def __init__(self, call: AbstractAsyncContextManager[UpstreamReply], captured: CapturedCall) -> None:
        self._call = call
        self._captured = captured

    async def __aenter__(self) -> UpstreamReply:
        try:
            reply = await self._call.__aenter__()
        except TransportError as error:
            self._captured.failure = error.failure
            raise
        self._captured.reply.status = reply.status
        self._captured.reply.headers = tuple(reply.headers.items())
        return _Reply(reply, self._captured)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._call.__aexit__(kind, error, trace)


class _Reply:
    """Implements the gateway's ``UpstreamReply``."""

    __slots__ = ("_captured", "_reply")

    def __init__(self, reply: UpstreamReply, captured: CapturedCall) -> None:
        self._reply = reply
        self._captured = captured

    @property
    def status(self) -> int:
        """See ``UpstreamReply``."""
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        """See ``UpstreamReply``."""
        return self._reply.headers

    async def read(self) -> bytes:
        """See ``UpstreamReply``."""
        try:
            chunk = await self._reply.read()
        except TransportError as error:
            self._captured.failure = error.failure
            raise
        self._captured.reply.body.add(chunk)
        return chunk
