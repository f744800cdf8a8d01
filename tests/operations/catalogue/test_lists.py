"""The models of each plan."""

import json
from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.choice.reasons import NoAccount
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts
from codex_proxy.gateway.ports import Route
from codex_proxy.operations.catalogue.lists import (
    ASKED_OF_A_PLAN,
    HINT_PAUSE_SECONDS,
    INTERVAL_SECONDS,
    MAX_RETRIES,
    RETRY_SECONDS,
    SPREAD,
    ListChange,
    ListParts,
    ModelLists,
    PlanFailure,
)
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.routing.custom import CustomModel
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import NOW, EgressTold, FakeClock
from tests.operations.catalogue.stand_ins import MemoryLists
from tests.protocols.codex.parts import CLIENT

STATIC = (ModelFacts(slug="gpt-5.4", context_window=272_000),)
DOWN = ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="no way there"))


class Scene:
    def __init__(self, *plans: str, custom: tuple[CustomModel, ...] = (), conditional: bool = True) -> None:
        self.transport, self.clock, self.store = ScriptedTransport(), FakeClock(), MemoryLists()
        self.client: ClientIdentity = CLIENT
        self.custom, self.conditional = custom, conditional
        self.complaints: list[str] = []
        self.jitter = 0.0
        self.pool = AccountPool(affinity=AffinityMap())
        for plan in plans or ("free", "plus"):
            self.join(plan, plan)
        self.lists = self.start()

    def start(self, base_url: str = "http://upstream.invalid") -> ModelLists:
        asker = Asker(
            transport=self.transport,
            route_of=lambda one: Route(base_url=base_url, account_id=one.row_id),
            egress=EgressTold(),
        )
        lists = ModelLists(
            ListParts(
                ask=asker.ask,
                pool=self.pool,
                clock=self.clock,
                client=lambda: self.client,
                base_url=base_url,
                conditional=self.conditional,
                static=STATIC,
                custom=self.custom,
                store=self.store,
                jitter=lambda: self.jitter,
                complain=lambda where, error: self.complaints.append(f"{where}: {error}"),
            )
        )
        lists.load()
        return lists

    def join(self, row_id: str, plan: str) -> None:
        self.pool.add(Account(row_id=row_id, credential=Credential(token="t", account_id=row_id), plan=plan), NOW)

    def tell(self, row_id: str, *slugs: str, etag: str | None = None, **facts: Any) -> None:
        body = json.dumps({"models": [{"slug": slug, **facts} for slug in slugs]}).encode()
        headers = {} if etag is None else {"etag": etag}
        self.transport.add(ScriptedReply(body=(Piece(body),), headers=headers), account_id=row_id)

    def slugs(self) -> list[str]:
        return [model.slug for model in self.lists.catalogue.listed()]

    def servers(self, model: str) -> list[str]:
        found = self.pool.rank(Need(model=model), exclude=frozenset(), now=NOW)
        return [] if isinstance(found, NoAccount) else sorted(row_id for row_id, _ in found)

    @property
    def asked(self) -> list[tuple[str, str | None]]:
        calls = self.transport.calls
        return [(route.account_id, dict(call.headers).get("if-none-match")) for route, call in calls]


async def test_the_lists_of_all_plans_are_offered_and_a_plans_gaps_are_known() -> None:
    scene = Scene()
    scene.tell("free", "gpt-5.4")
    scene.tell("plus", "gpt-5.4", "gpt-5.5")
    assert await scene.lists.look()
    assert scene.slugs() == ["gpt-5.4", "gpt-5.5"]
    assert (scene.lists.catalogue.fetched, scene.lists.fetched_at) == (True, NOW)
    assert (scene.servers("gpt-5.5"), scene.servers("gpt-5.4")) == (["plus"], ["free", "plus"])
    assert (scene.lists.plans_of("gpt-5.5"), scene.lists.plans_of("gpt-5.4")) == (("plus",), ("free", "plus"))
    known = scene.lists.catalogue.find("gpt-5.4")
    assert known is not None
    assert known.context_window == 272_000


async def test_before_any_list_every_plan_may_have_any_model() -> None:
    scene = Scene()
    assert (scene.slugs(), scene.lists.fetched_at, scene.lists.plans_of("gpt-5.4")) == (["gpt-5.4"], None, None)


async def test_what_changed_is_told_and_what_failed() -> None:
    scene = Scene()
    scene.tell("free", "a", "b")
    scene.transport.add(DOWN, account_id="plus")
    refreshed = await scene.lists.refresh()
    assert refreshed.plans == {"free": 2}
    assert refreshed.change == ListChange(added=("a", "b"), removed=("gpt-5.4",))
    assert refreshed.failures == (PlanFailure(plan="plus", reason="unreachable: no way there"),)
    scene.tell("free", "b", description="new")
    scene.tell("plus", "c")
    refreshed = await scene.lists.refresh()
    assert refreshed.plans == {"free": 1, "plus": 1}
    assert refreshed.change == ListChange(added=("c",), removed=("a",), changed=("b",))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (ScriptedReply(status=401, body=(Piece(b"{}"),)), "the upstream answered 401"),
        (ScriptedReply(status=304), "the upstream answered 304"),
        (ScriptedReply(body=(Piece(b'{"models": []}'),)), "the answer lists no model"),
        (ScriptedReply(body=(Piece(b"<html>"),)), "the answer lists no model"),
    ],
)
async def test_an_answer_without_a_list_leaves_what_was_known(reply: ScriptedReply, reason: str) -> None:
    scene = Scene("plus")
    scene.transport.add(reply)
    refreshed = await scene.lists.refresh()
    assert refreshed.failures == (PlanFailure(plan="plus", reason=reason),)
    assert (scene.slugs(), scene.lists.catalogue.fetched, scene.store.kept) == (["gpt-5.4"], False, None)


async def test_a_list_that_cannot_be_fetched_again_stays() -> None:
    scene = Scene()
    scene.tell("free", "gpt-5.4")
    scene.tell("plus", "gpt-5.5")
    await scene.lists.refresh()
    scene.tell("free", "gpt-5.4-mini")
    scene.transport.add(DOWN, account_id="plus")
    refreshed = await scene.lists.refresh()
    assert refreshed.plans == {"free": 1, "plus": 1}
    assert scene.slugs() == ["gpt-5.4-mini", "gpt-5.5"]
    assert (scene.servers("gpt-5.4-mini"), scene.servers("gpt-5.5")) == (["free"], ["plus"])


async def test_a_list_that_is_the_same_is_not_told_again() -> None:
    scene = Scene("plus")
    scene.tell("plus", "a", etag='W/"1"')
    await scene.lists.refresh()
    scene.clock.time += 50.0
    scene.transport.add(ScriptedReply(status=304))
    refreshed = await scene.lists.refresh()
    assert scene.asked == [("plus", None), ("plus", 'W/"1"')]
    assert (refreshed.change, refreshed.failures, scene.slugs()) == (ListChange(), (), ["a"])
    assert scene.lists.fetched_at == NOW + 50.0


async def test_another_client_asks_anew_and_so_does_who_looks_like_the_real_one() -> None:
    scene = Scene("plus")
    scene.tell("plus", "a", etag='W/"1"')
    await scene.lists.refresh()
    scene.client = msgspec.structs.replace(CLIENT, engine_version="9.9.9")
    scene.tell("plus", "b", etag='W/"2"')
    await scene.lists.refresh()
    real = Scene("plus", conditional=False)
    for slug in ("a", "b"):
        real.tell("plus", slug, etag='W/"1"')
        await real.lists.refresh()
    assert [etag for _, etag in (*scene.asked, *real.asked)] == [None] * 4
    assert (scene.slugs(), real.slugs()) == (["b"], ["b"])


async def test_asking_for_models_is_no_request_of_the_account() -> None:
    scene = Scene()
    scene.tell("free", "m")
    scene.tell("plus", "m")
    before = scene.servers("m"), scene.pool.capacity(NOW)
    await scene.lists.refresh()
    assert (scene.servers("m"), scene.pool.capacity(NOW)) == before
    assert scene.pool.take_dirty() == {}


async def test_one_account_of_a_plan_is_asked_or_the_next_where_it_gets_no_answer() -> None:
    scene = Scene("plus")
    for number in range(ASKED_OF_A_PLAN + 2):
        scene.join(f"plus-{number}", "plus")
    scene.transport.add(DOWN, account_id="plus")
    scene.tell("plus-0", "m")
    assert await scene.lists.look()
    assert [row_id for row_id, _ in scene.asked] == ["plus", "plus-0"]
    scene.transport.add(*[DOWN] * 10)
    await scene.lists.refresh()
    assert len(scene.asked) == 2 + ASKED_OF_A_PLAN


async def test_each_plan_is_asked_when_it_is_due() -> None:
    scene = Scene()
    scene.jitter = 1.0
    scene.tell("free", "a")
    scene.transport.add(DOWN, account_id="plus")
    assert not await scene.lists.look()
    assert await scene.lists.look()  # nothing is due
    for _ in range(MAX_RETRIES):
        scene.clock.time += RETRY_SECONDS
        scene.transport.add(DOWN, account_id="plus")
        assert not await scene.lists.look()
    assert scene.asked == [("free", None), *[("plus", None)] * (1 + MAX_RETRIES)]
    scene.join("team", "team")
    scene.tell("team", "b")
    scene.clock.time += RETRY_SECONDS
    assert await scene.lists.look()  # a new plan at once, the other one not before the hour is over
    assert scene.asked[-1] == ("team", None)
    scene.clock.time = NOW + INTERVAL_SECONDS * (1 + SPREAD)
    for row_id in ("free", "team", "plus"):
        scene.tell(row_id, "c")
    count = len(scene.asked)
    assert await scene.lists.look()
    assert [row_id for row_id, _ in scene.asked[count:]] == ["free"]


async def test_an_answer_that_names_another_list_has_it_asked_for_once() -> None:
    scene = Scene()
    for row_id in ("free", "plus"):
        scene.tell(row_id, "a", etag=f'W/"{row_id}-1"')
    assert await scene.lists.look()
    scene.clock.time += HINT_PAUSE_SECONDS
    for row_id, etag in (("free", '"free-1"'), ("nobody", '"x"'), *[("plus", '"plus-2"')] * 3):
        scene.lists.hinted(row_id, etag)
    scene.tell("plus", "a", "b", etag='W/"plus-2"')
    assert await scene.lists.look()
    assert [row_id for row_id, _ in scene.asked] == ["free", "plus", "plus"]
    scene.lists.hinted("plus", '"plus-2"')
    assert await scene.lists.look()
    assert (len(scene.asked), "b" in scene.lists.catalogue.models) == (3, True)


async def test_a_list_that_just_came_is_believed_and_one_that_never_comes_is_not_asked_for_again() -> None:
    scene = Scene("plus")
    scene.tell("plus", "a", etag='"1"')
    assert await scene.lists.look()
    scene.lists.hinted("plus", '"2"')
    scene.clock.time += HINT_PAUSE_SECONDS - 1
    assert await scene.lists.look()
    assert len(scene.asked) == 1
    scene.clock.time += 1
    scene.tell("plus", "a", etag='"1"')
    assert await scene.lists.look()
    scene.clock.time += HINT_PAUSE_SECONDS
    scene.lists.hinted("plus", '"2"')
    assert await scene.lists.look()
    assert len(scene.asked) == 2


async def test_a_model_of_the_owners_that_stands_on_nothing_is_told_once_and_when_asked() -> None:
    custom = tuple(CustomModel(id=name, based_on=base) for name, base in (("a", "new"), ("b", "a"), ("c", "gone")))
    scene = Scene("plus", custom=custom)
    assert [one.partition(",")[0] for one in scene.complaints] == [
        "custom models: a is based on new",
        "custom models: c is based on gone",
    ]
    scene.tell("plus", "new")
    assert await scene.lists.look()
    assert len(scene.complaints) == 2
    assert [len(scene.lists.notes_of(model)) for model in ("a", "b", "c", "gpt-5.4")] == [0, 0, 1, 0]


async def test_the_first_failure_of_a_row_is_said() -> None:
    scene = Scene("plus")
    for _ in range(3):
        scene.transport.add(DOWN)
        await scene.lists.refresh()
    assert scene.complaints == ["model lists: plus: unreachable: no way there"]
    scene.tell("plus", "a")
    await scene.lists.refresh()
    scene.transport.add(DOWN)
    await scene.lists.refresh()
    assert len(scene.complaints) == 2


async def test_a_plan_without_accounts_has_no_list_any_more() -> None:
    scene = Scene()
    scene.tell("free", "a")
    scene.tell("plus", "b")
    await scene.lists.refresh()
    scene.pool.remove(["plus"])
    scene.tell("free", "a")
    assert (await scene.lists.refresh()).plans == {"free": 1}
    scene.pool.remove(["free"])
    assert (await scene.lists.refresh()).plans == {"free": 1}  # with nobody to ask nothing changes


async def test_a_restart_goes_on_with_the_last_lists() -> None:
    scene = Scene()
    scene.tell("free", "a", etag='W/"1"')
    scene.tell("plus", "a", "b")
    await scene.lists.refresh()
    scene.pool.learn_models({})
    scene.lists = scene.start()
    assert (scene.slugs(), scene.lists.fetched_at, scene.lists.catalogue.fetched) == (["a", "b"], NOW, True)
    assert scene.servers("b") == ["plus"]
    scene.transport.add(ScriptedReply(status=304), account_id="free")
    scene.tell("plus", "a")
    assert await scene.lists.look()
    assert scene.asked[-2:] == [("free", 'W/"1"'), ("plus", None)]
    assert scene.slugs() == ["a"]


async def test_lists_of_another_upstream_are_not_believed() -> None:
    scene = Scene("plus")
    scene.tell("plus", "a")
    await scene.lists.refresh()
    scene.lists = scene.start("http://another.invalid")
    assert (scene.slugs(), scene.complaints) == (["gpt-5.4"], [])


async def test_what_cannot_be_read_or_written_is_said_and_nothing_more() -> None:
    scene = Scene("plus")
    scene.store.broken = True
    scene.lists = scene.start()
    scene.tell("plus", "a")
    assert await scene.lists.look()
    assert scene.slugs() == ["a"]
    assert scene.complaints == ["model lists: it cannot be read", "model lists: it cannot be written"]


async def test_the_owners_own_models_stand_beside_every_list_and_any_account_may_have_them() -> None:
    scene = Scene(custom=(CustomModel(id="mine"), CustomModel(id="a", context_window=7)))
    assert scene.slugs() == ["gpt-5.4", "mine", "a"]
    scene.tell("free", "a")
    scene.tell("plus", "b")
    await scene.lists.refresh()
    assert scene.slugs() == ["a", "b", "mine"]
    assert (scene.servers("mine"), scene.lists.plans_of("mine")) == (["free", "plus"], None)
    assert (scene.servers("a"), scene.lists.plans_of("a")) == (["free"], ("free",))
    assert scene.servers("other") == []
