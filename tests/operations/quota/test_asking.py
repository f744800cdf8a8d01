"""Small calls in an account's name."""

from codex_proxy.accounts.account import Account
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.quota.asking import MAX_REPLY_BYTES, Asker, WholeReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import EgressTold
from tests.operations.quota.stand_ins import Ground, account, reply

CALL = UpstreamCall(method="GET", path="/wham/usage", headers=())
DOWN = Failure(kind=FailureKind.UNREACHABLE, message="the egress proxy A is down", sent=Sent.NOTHING_SENT)


async def test_a_reply_is_read_whole() -> None:
    ground = Ground()
    ground.transport.add(ScriptedReply(status=201, headers={"etag": "x"}, body=(Piece(b"one "), Piece(b"two"))))
    answer = await ground.asker.ask(CALL, account())
    assert answer == WholeReply(status=201, headers={"etag": "x"}, body=b"one two")
    assert [one.account_id for one, _ in ground.transport.calls] == ["a"]


async def test_a_reply_without_end_is_cut_and_said_so() -> None:
    ground = Ground()
    ground.transport.add(ScriptedReply(body=(Piece(b"x" * MAX_REPLY_BYTES), Piece(b"y"))))
    answer = await ground.asker.ask(CALL, account())
    assert isinstance(answer, Failure)
    assert (answer.kind, len(ground.transport.cancelled)) == (FailureKind.GARBLED, 1)


async def test_a_broken_reply_is_its_failure() -> None:
    ground = Ground()
    ground.transport.add(ScriptedReply(body=(Piece(b"x"), Break(DOWN))))
    assert await ground.asker.ask(CALL, account()) == DOWN


async def test_b_07_without_a_way_out_nothing_is_sent() -> None:
    def no_way(_: Account) -> Route:
        raise TransportError(DOWN)

    transport = ScriptedTransport()
    assert await Asker(transport=transport, route_of=no_way, egress=EgressTold()).ask(CALL, account()) == DOWN
    assert transport.calls == []


async def test_a_05_a_refusal_is_told_of_the_way_it_came_by_and_an_answer_is_none() -> None:
    ground = Ground()
    refusal = {"error": {"code": "unsupported_country_region_territory"}}
    ground.transport.add(reply({}), reply(refusal, 403), reply({}, 401), ScriptedReply(refused=DOWN))
    for _ in range(4):
        await ground.asker.ask(CALL, account())
    assert ground.egress.refusals == [("p", FailureKind.REGION_BLOCKED), ("p", FailureKind.UNAUTHORIZED)]
