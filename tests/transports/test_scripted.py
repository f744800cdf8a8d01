"""The scripted transport plays what it was told and remembers what it was asked."""

import asyncio

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport, Stall

CALL = UpstreamCall(method="POST", path="/codex/responses", headers=())
ROUTE = Route(base_url="http://127.0.0.1", account_id="acc-1")


async def test_replies_for_an_account_come_before_those_for_all() -> None:
    transport = ScriptedTransport()
    transport.add(ScriptedReply(status=200, body=(Piece(b"a"), Piece(b"b"))))
    transport.add(ScriptedReply(status=429), account_id="acc-1")
    async with transport.open(CALL, ROUTE) as reply:
        assert reply.status == 429
    async with transport.open(CALL, ROUTE) as reply:
        assert [await reply.read(), await reply.read(), await reply.read()] == [b"a", b"b", b""]
    assert [call.path for _, call in transport.calls] == ["/codex/responses"] * 2


async def test_a_refusal_and_a_break_are_transport_errors() -> None:
    transport = ScriptedTransport()
    refused = Failure(kind=FailureKind.UNREACHABLE, message="refused")
    transport.add(ScriptedReply(refused=refused), ScriptedReply(body=(Piece(b"a"), Break())))
    with pytest.raises(TransportError) as caught:
        async with transport.open(CALL, ROUTE):
            pass
    assert caught.value.failure is refused
    async with transport.open(CALL, ROUTE) as reply:
        assert await reply.read() == b"a"
        with pytest.raises(TransportError):
            await reply.read()


async def test_leaving_a_stalled_reply_counts_as_cancelled() -> None:
    transport = ScriptedTransport()
    transport.add(ScriptedReply(body=(Stall(),)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), transport.open(CALL, ROUTE) as reply:
            await reply.read()
    assert transport.cancelled == [ROUTE]


async def test_an_unscripted_call_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="no scripted reply"):
        async with ScriptedTransport().open(CALL, ROUTE):
            pass
