"""Where each account's calls go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, Way
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.ports import Route, Transport, UpstreamReply
from codex_proxy.gateway.upstreams.accounts import UpstreamPlace
from codex_proxy.operations.upstream_lookups import (
    AGAIN_SECONDS,
    ANSWER_SECONDS,
    LOOKUPS_AT_ONCE,
    RETRY_SECONDS,
    SETTLING_SECONDS,
    LookupParts,
    UpstreamLookups,
    followed,
)
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport, Stall
from tests.gateway.scene import NOW, EgressTold
from tests.protocols.codex.parts import CLIENT
from tests.waiting import until

BASE = "https://chatgpt.com/backend-api"


class Scene:
    def __init__(
        self, base_url: str = BASE, *, transport: Transport | None = None, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self.transport = ScriptedTransport()
        self.seconds = 0.0
        self.pool = AccountPool(affinity=AffinityMap())
        self.add("free", "free")
        self.add("plus", "plus")
        self.ways: dict[str, Way] = {}
        self.egress = EgressTold()
        parts = LookupParts(
            transport=transport or self.transport,
            pool=self.pool,
            client=lambda: CLIENT,
            base_url=base_url,
            way_of=lambda row_id: self.ways.get(row_id, Direct()),
            egress=self.egress,
            monotonic=lambda: self.seconds,
            answer_seconds=answer_seconds,
        )
        self.lookups = UpstreamLookups(parts)

    def add(self, row_id: str, plan: str, *, generation: int = 0) -> None:
        credential = Credential(token="t", account_id=row_id)
        self.pool.add(Account(row_id=row_id, credential=credential, plan=plan, generation=generation), NOW)

    async def looked(self, *, after: float = 0.0) -> list[str]:
        """Who is asked for in a look after so many seconds."""
        self.seconds += after
        before = len(self.transport.calls)
        await self.lookups.look()
        return sorted(route.account_id for route, _ in self.transport.calls[before:])

    def place_of(self, row_id: str) -> UpstreamPlace:
        place = self.lookups.place_of(self.pool.account(row_id))
        assert isinstance(place, UpstreamPlace)
        return place

    def script(self, row_id: str, check: object) -> None:
        self.transport.add(ScriptedReply(body=(Piece(json.dumps(check).encode()),)), account_id=row_id)


class Crowd:
    """A transport whose calls wait until they are let go; one account's are never."""

    def __init__(self, *, stuck: str | None = None) -> None:
        self.under_way: list[str] = []
        self.answered: list[str] = []
        self.gate = asyncio.Event()
        self._stuck = stuck

    @asynccontextmanager
    async def open(self, call: UpstreamCall, route: Route) -> AsyncIterator[UpstreamReply]:
        self.under_way.append(route.account_id)
        try:
            await (asyncio.Event() if route.account_id == self._stuck else self.gate).wait()
            self.answered.append(route.account_id)
            answer = ScriptedTransport()
            answer.add(ScriptedReply(body=(Piece(json.dumps(check(route.account_id)).encode()),)))
            async with answer.open(call, route) as reply:
                yield reply
        finally:
            self.under_way.remove(route.account_id)


def check(account_id: str, origin: str = "https://eu.chatgpt.com") -> object:
    entry = {"id": account_id, "workspace_backend_origin": origin, "account_routing_override": "us"}
    return {"accounts": [entry]}


async def test_the_accounts_own_origin_is_followed() -> None:
    scene = Scene()
    for row_id in ("free", "plus"):
        scene.script(row_id, check(row_id))
    await scene.lookups.refresh()
    place = scene.place_of("free")
    assert (place.route.base_url, place.routing_override) == ("https://eu.chatgpt.com/backend-api", "us")
    assert scene.lookups.route_of(scene.pool.account("free")) == place.route


async def test_p_02_lookups_leave_as_the_account_does_or_not_at_all() -> None:
    scene = Scene()
    scene.ways["free"] = Through(egress_id="p", name="Home", url="http://u:secret@p.invalid:1")
    scene.ways["plus"] = NoWay(egress_id="q", name="Shut", reason="it is disabled")
    scene.script("free", check("free"))
    await scene.lookups.refresh()
    assert [(route.account_id, route.egress_url) for route, _ in scene.transport.calls] == [
        ("free", "http://u:secret@p.invalid:1")
    ]
    assert (scene.place_of("free").route.egress_id, scene.place_of("free").route.egress_name) == ("p", "Home")
    failure = scene.lookups.place_of(scene.pool.account("plus"))
    assert isinstance(failure, Failure)
    assert failure.message == "the egress Shut cannot be used: it is disabled"


async def test_lookups_that_fail_leave_what_was_known() -> None:
    scene = Scene()
    for row_id in ("free", "plus"):
        scene.script(row_id, check(row_id))
    assert await scene.lookups.refresh()
    scene.transport.add(*[ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="no"))] * 2)
    assert not await scene.lookups.refresh()
    assert scene.place_of("free").route.base_url == "https://eu.chatgpt.com/backend-api"


async def test_a_refused_lookup_leaves_what_was_known_too() -> None:
    scene = Scene()
    scene.script("free", check("free"))
    scene.transport.add(ScriptedReply(status=404, body=(Piece(b"{}"),)), account_id="plus")
    assert await scene.lookups.refresh()
    scene.transport.add(*[ScriptedReply(status=401, body=(Piece(b"{}"),))] * 2)
    assert await scene.lookups.refresh()
    assert [scene.place_of(row_id).route.base_url for row_id in ("free", "plus")] == [
        "https://eu.chatgpt.com/backend-api",
        BASE,
    ]


async def test_a_07_many_accounts_are_asked_some_at_once_and_all_of_them_once() -> None:
    crowd = Crowd()
    scene = Scene(transport=crowd)
    row_ids = [f"row-{number}" for number in range(30)]
    for row_id in row_ids:
        scene.add(row_id, "plus")
    looking = asyncio.get_running_loop().create_task(scene.lookups.refresh())
    await until(lambda: len(crowd.under_way) == LOOKUPS_AT_ONCE)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(crowd.under_way) == LOOKUPS_AT_ONCE
    crowd.gate.set()
    assert await looking
    assert sorted(crowd.answered) == sorted(["free", "plus", *row_ids])
    assert {scene.place_of(row_id).routing_override for row_id in row_ids} == {"us"}


async def test_an_account_that_gets_no_answer_keeps_no_other_waiting() -> None:
    crowd = Crowd(stuck="stuck")
    scene = Scene(transport=crowd)
    scene.add("stuck", "plus")
    crowd.gate.set()
    looking = asyncio.get_running_loop().create_task(scene.lookups.refresh())
    await until(lambda: len(crowd.answered) == 2 and crowd.under_way == ["stuck"])
    assert {scene.place_of(row_id).routing_override for row_id in ("free", "plus")} == {"us"}
    assert crowd.under_way == ["stuck"]
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert crowd.under_way == []
    assert scene.place_of("stuck").routing_override is None


async def test_a_login_that_comes_later_is_asked_for_soon_and_not_at_once_and_so_is_each_new_credential() -> None:
    scene = Scene()
    for row_id in ("free", "plus", "late", "plus", "free", "late"):
        scene.script(row_id, check(row_id))
    assert await scene.looked() == ["free", "plus"]
    scene.add("late", "plus")
    assert await scene.looked() == []
    assert await scene.looked(after=SETTLING_SECONDS) == ["late"]
    assert scene.place_of("late").routing_override == "us"
    scene.add("plus", "plus", generation=1)
    assert await scene.looked() == []
    assert await scene.looked(after=SETTLING_SECONDS) == ["plus"]
    assert await scene.looked(after=AGAIN_SECONDS - SETTLING_SECONDS) == ["free", "late"]


async def test_who_got_no_answer_is_asked_for_again_soon_and_who_is_gone_is_forgotten() -> None:
    scene = Scene(answer_seconds=0.05)
    scene.pool.remove(["free"])
    scene.transport.add(ScriptedReply(body=(Stall(),)), account_id="plus")
    assert await scene.looked() == ["plus"]
    assert await scene.looked(after=RETRY_SECONDS - 1) == []
    scene.script("plus", check("plus"))
    assert await scene.looked(after=1) == ["plus"]
    assert scene.place_of("plus").routing_override == "us"
    scene.pool.remove(["plus"])
    assert await scene.looked() == []
    scene.add("plus", "plus")
    assert scene.place_of("plus").routing_override is None


@pytest.mark.parametrize(
    ("base_url", "origin", "expected"),
    [
        (BASE, "https://eu.chatgpt.com", "https://eu.chatgpt.com/backend-api"),
        (BASE, "https://chatgpt.com", BASE),
        (BASE, "https://evil.example", BASE),
        (BASE, "https://notchatgpt.com", BASE),
        (BASE, "http://eu.chatgpt.com", BASE),
        ("http://127.0.0.1:9000/backend-api", "https://chatgpt.com", "http://127.0.0.1:9000/backend-api"),
    ],
)
def test_an_origin_is_followed_only_within_the_upstreams_own_domain(base_url: str, origin: str, expected: str) -> None:
    assert followed(base_url, origin) == expected
