"""Upstream calls that are kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.operations.request_log.capturing.capture import VISIT, Body, Capture, CapturedMessage, Visit
from codex_proxy.operations.request_log.capturing.transport import CapturingTransport
from codex_proxy.protocols.base import UpstreamCall
from tests.operations.request_log.samples import BROKEN

CALL = UpstreamCall(method="POST", path="/codex/responses", headers=(("accept", "x"),), body=b"question")
ROUTE = Route(base_url="http://upstream", account_id="a")


class Reply:
    """Implements ``UpstreamReply``: its pieces, then a failure if there is one."""

    status = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, *pieces: bytes, breaks: bool = False) -> None:
        self._pieces = list(pieces)
        self._breaks = breaks

    async def read(self) -> bytes:
        if not self._pieces and self._breaks:
            raise TransportError(BROKEN)
        return self._pieces.pop(0) if self._pieces else b""


class Upstream:
    """Implements ``Transport``."""

    def __init__(self, reply: Reply | None) -> None:
        self.reply = reply

    @asynccontextmanager
    async def open(self, call: UpstreamCall, route: Route) -> AsyncIterator[UpstreamReply]:
        if self.reply is None:
            raise TransportError(BROKEN)
        yield self.reply


def visit() -> tuple[Visit, Capture]:
    capture = Capture(100, 5.0, CapturedMessage(Body(100)), CapturedMessage(Body(100)))
    return Visit(method="POST", path="/", started_at=0.0, began_at=5.0, capture=capture), capture


async def read_all(reply: UpstreamReply) -> bytes:
    read = b""
    while chunk := await reply.read():
        read += chunk
    return read


async def test_what_goes_out_and_comes_back_is_kept() -> None:
    transport = CapturingTransport(Upstream(Reply(b"an", b"swer")), monotonic=lambda: 6.0)
    noted, capture = visit()
    VISIT.set(noted)
    async with transport.open(CALL, ROUTE) as reply:
        assert (reply.status, reply.headers) == (200, Reply.headers)
        assert await asyncio.create_task(read_all(reply)) == b"answer"  # noqa: TID251 - as the gateway's own tasks
    [call] = capture.calls
    assert (call.request.method, call.request.target, call.started_seconds) == (
        "POST",
        "http://upstream/codex/responses",
        1.0,
    )
    assert call.account_id == "a"
    assert call.request.body.edges() == (b"question", None)
    assert (call.reply.status, call.reply.body.edges(), call.failure) == (200, (b"answer", None), None)


async def test_failures_are_kept_and_told_on() -> None:
    noted, capture = visit()
    VISIT.set(noted)
    with pytest.raises(TransportError):
        async with CapturingTransport(Upstream(None), monotonic=lambda: 6.0).open(CALL, ROUTE):
            raise AssertionError
    with pytest.raises(TransportError):
        async with CapturingTransport(Upstream(Reply(b"x", breaks=True)), monotonic=lambda: 6.0).open(
            CALL, ROUTE
        ) as one:
            await read_all(one)
    assert [call.failure for call in capture.calls] == [BROKEN, BROKEN]
    assert [call.reply.status for call in capture.calls] == [None, 200]


async def test_who_is_not_captured_meets_the_transport_itself() -> None:
    upstream = Upstream(Reply(b"x"))
    async with CapturingTransport(upstream, monotonic=lambda: 6.0).open(CALL, ROUTE) as reply:
        assert reply is upstream.reply
