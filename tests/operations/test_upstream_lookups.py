"""Model lists and routing."""

import json

import pytest

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool, Need
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import Credential
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups, followed
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import NOW, FakeClock
from tests.protocols.codex.parts import CLIENT

BASE = "https://chatgpt.com/backend-api"


class Scene:
    def __init__(self, base_url: str = BASE) -> None:
        self.transport, self.clock = ScriptedTransport(), FakeClock()
        self.pool = AccountPool(strategy=Strategy.LEAST_USED, affinity=AffinityMap())
        for row_id, plan in (("free", "free"), ("plus", "plus")):
            credential = Credential(token="t", account_id=row_id)
            self.pool.add(Account(row_id=row_id, credential=credential, plan=plan), NOW)
        parts = LookupParts(
            transport=self.transport, pool=self.pool, clock=self.clock, client=lambda: CLIENT, base_url=base_url
        )
        self.lookups = UpstreamLookups(parts)

    def script(self, row_id: str, check: object, models: object) -> None:
        replies = [ScriptedReply(body=(Piece(json.dumps(told).encode()),)) for told in (check, models)]
        self.transport.add(*replies, account_id=row_id)


def check(account_id: str, origin: str = "https://eu.chatgpt.com") -> object:
    entry = {"id": account_id, "workspace_backend_origin": origin, "account_routing_override": "us"}
    return {"accounts": [entry]}


def models(*slugs: str) -> object:
    return {"models": [{"slug": slug} for slug in slugs]}


async def test_the_lists_of_all_plans_are_offered_and_a_plans_gaps_are_known() -> None:
    scene = Scene()
    scene.script("free", check("free"), models("gpt-5.4"))
    scene.script("plus", check("plus"), models("gpt-5.4", "gpt-5.5"))
    assert await scene.lookups.refresh()
    assert [model.slug for model in scene.lookups.listed_models()] == ["gpt-5.4", "gpt-5.5"]
    assert scene.lookups.fetched_at == NOW
    need = Need(model="gpt-5.5", conversation=None)
    assert scene.pool.rank(need, exclude=frozenset(), now=NOW, used_slots=lambda _: 0) == ("plus",)


async def test_the_accounts_own_origin_is_followed() -> None:
    scene = Scene()
    for row_id in ("free", "plus"):
        scene.script(row_id, check(row_id), models("m"))
    await scene.lookups.refresh()
    place = scene.lookups.place_of(scene.pool.account("free"))
    assert (place.base_url, place.routing_override) == ("https://eu.chatgpt.com/backend-api", "us")


async def test_lookups_that_fail_leave_what_was_known() -> None:
    scene = Scene()
    scene.transport.add(*[ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="no"))] * 4)
    assert not await scene.lookups.refresh()
    assert not scene.lookups.catalogue.fetched
    assert scene.lookups.place_of(scene.pool.account("free")).base_url == BASE


async def test_a_refused_lookup_is_no_answer() -> None:
    scene = Scene()
    scene.transport.add(*[ScriptedReply(status=401, body=(Piece(b"{}"),))] * 4)
    assert not await scene.lookups.refresh()


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
