"""The ChatGPT accounts as an upstream of exchanges; the dialogues stand in ``tests/gateway/test_exchange.py``."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.prepare import Prepared, prepare
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.upstreams.accounts import AccountAsking, AccountCandidate
from codex_proxy.gateway.upstreams.candidate import Asker, Outgoing
from tests.gateway.scene import NOW, Scene, answering, exchange


def asking(scene: Scene, *, bound_to: str | None = None) -> AccountAsking:
    parts, asked = scene.parts, exchange(conversation="c")
    prepared = prepare(asked.request, (), resolver=parts.resolver(), defaults=parts.defaults())
    assert isinstance(prepared, Prepared)
    asker = Asker(request_id="req", client_key_id="key", bound_to=bound_to)
    return parts.accounts.ask(asker, prepared, Progress(started_at=NOW))


async def candidate(scene: Scene, row_id: str) -> AccountCandidate:
    found = await asking(scene).choose(exclude=frozenset("ab") - {row_id}, again=None)
    assert isinstance(found, AccountCandidate)
    return found


async def test_ids_of_one_account_never_reach_another() -> None:
    scene = Scene()
    bodies = []
    for row_id in "aba":
        one = await candidate(scene, row_id)
        outgoing = one.outgoing()
        assert isinstance(outgoing, Outgoing)
        bodies.append(dict(outgoing.call.headers)["session-id"])
        one.lease.release()
    assert bodies[0] == bodies[2] != bodies[1]


async def test_the_tag_of_the_models_that_an_answer_names_is_told() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"), answering("hello", x_models_etag='W/"2"'))
    for _ in range(2):
        await scene.ask()
    assert scene.hints == [("a", 'W/"2"')]


async def test_who_has_no_way_out_is_neither_blamed_nor_asked() -> None:
    scene = Scene()
    scene.shut["a"] = Failure(kind=FailureKind.UNREACHABLE, message="shut")
    one = await candidate(scene, "a")
    shut = one.outgoing()
    assert isinstance(shut, Failure)
    one.settle(shut, None, asked_at=NOW)
    assert (scene.egress.refusals, scene.transport.calls) == ([], [])


async def test_a_key_that_is_bound_to_an_account_is_served_by_no_other() -> None:
    scene = Scene()
    found = await asking(scene, bound_to="b").choose(exclude=frozenset(), again=None)
    assert isinstance(found, AccountCandidate)
    assert found.row_id == "b"
    nobody = await asking(scene, bound_to="b").choose(exclude=frozenset("b"), again=None)
    assert isinstance(nobody, Failure)


async def test_back_at_is_now_while_somebody_can_serve() -> None:
    scene = Scene()
    assert asking(scene).back_at(NOW) == NOW
