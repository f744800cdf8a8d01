"""Every call tells whether its way out let it through."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.egress.reporting import ReportingTransport
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport

CALL = UpstreamCall(method="GET", path="/", headers=())
ROUTE = Route(base_url="http://upstream.invalid", account_id="a", egress_id="p")
DOWN = Failure(kind=FailureKind.UNREACHABLE, message="no connection", sent=Sent.NOTHING_SENT)


class Scene:
    """A scripted transport below the one that reports; ``told`` is None for what came through."""

    def __init__(self, *replies: ScriptedReply) -> None:
        self.below = ScriptedTransport()
        self.below.add(*replies)
        self.transport = ReportingTransport(self.below, self)
        self.told: list[tuple[str, Failure | None]] = []

    def came_through(self, egress_id: str) -> None:
        self.told.append((egress_id, None))

    def blame(self, egress_id: str, failure: Failure) -> None:
        self.told.append((egress_id, failure))


async def test_any_answer_came_through_and_is_told_once_its_headers_are_in() -> None:
    scene = Scene(ScriptedReply(status=503, body=(Piece(b"busy"),)))
    async with scene.transport.open(CALL, ROUTE) as reply:
        assert scene.told == [("p", None)]
        assert (reply.status, await reply.read(), await reply.read()) == (503, b"busy", b"")
    assert scene.told == [("p", None)]
    assert scene.below.calls == [(ROUTE, CALL)]


async def test_p_02_a_call_that_got_no_answer_is_told_and_fails_as_it_did() -> None:
    scene = Scene(ScriptedReply(refused=DOWN))
    with pytest.raises(TransportError) as caught:
        async with scene.transport.open(CALL, ROUTE):
            pass
    assert caught.value.failure is DOWN
    assert scene.told == [("p", DOWN)]


async def test_what_breaks_within_an_answer_is_no_news_of_the_way() -> None:
    scene = Scene(ScriptedReply(body=(Break(DOWN),)))
    with pytest.raises(TransportError):
        async with scene.transport.open(CALL, ROUTE) as reply:
            await reply.read()
    assert scene.told == [("p", None)]


async def test_who_leaves_early_ends_the_call() -> None:
    scene = Scene(ScriptedReply(body=(Piece(b"one"), Piece(b"two"))))
    async with scene.transport.open(CALL, ROUTE) as reply:
        await reply.read()
    assert scene.below.cancelled == [ROUTE]
