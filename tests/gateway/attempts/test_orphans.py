"""Calls that nobody waits for any more."""

import asyncio

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Route
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.waiting import until

CALL = UpstreamCall(method="POST", path="/x", headers=())
ROUTE = Route(base_url="http://upstream.invalid", account_id="a")


async def adopted(reply: ScriptedReply) -> tuple[Orphanage, MemoryLeaseBook, ScriptedTransport]:
    transport, book, orphans = ScriptedTransport(), MemoryLeaseBook(), Orphanage()
    transport.add(reply)
    lease = book.try_acquire("a", None)
    assert lease is not None
    context = transport.open(CALL, ROUTE)
    orphans.adopt(asyncio.ensure_future(context.__aenter__()), context, lease)
    return orphans, book, transport


async def test_an_orphan_is_dropped_at_its_headers() -> None:
    orphans, book, transport = await adopted(ScriptedReply(body=(Piece(b"x"),)))
    await until(lambda: not book.used_count)
    assert transport.cancelled == [ROUTE]
    await orphans.close()
    assert len(orphans) == 0


async def test_an_orphan_that_never_connects_gives_its_slot_back() -> None:
    refused = Failure(kind=FailureKind.UNREACHABLE, message="no")
    orphans, book, _ = await adopted(ScriptedReply(refused=refused))
    await until(lambda: not book.used_count)
    await orphans.close()


async def test_a_stop_drops_every_orphan_at_once() -> None:
    orphans, book, _ = await adopted(ScriptedReply(headers_after_seconds=60.0))
    await asyncio.sleep(0)
    await orphans.close()
    assert (book.used_count, len(orphans)) == (0, 0)
