"""Where each account's calls go."""

import json

import pytest

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, Way
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.exchange import UpstreamPlace
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups, followed
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import NOW
from tests.protocols.codex.parts import CLIENT

BASE = "https://chatgpt.com/backend-api"


class Scene:
    def __init__(self, base_url: str = BASE) -> None:
        self.transport = ScriptedTransport()
        self.pool = AccountPool(affinity=AffinityMap())
        for row_id, plan in (("free", "free"), ("plus", "plus")):
            credential = Credential(token="t", account_id=row_id)
            self.pool.add(Account(row_id=row_id, credential=credential, plan=plan), NOW)
        self.ways: dict[str, Way] = {}
        parts = LookupParts(
            transport=self.transport,
            pool=self.pool,
            client=lambda: CLIENT,
            base_url=base_url,
            way_of=lambda row_id: self.ways.get(row_id, Direct()),
        )
        self.lookups = UpstreamLookups(parts)

    def place_of(self, row_id: str) -> UpstreamPlace:
        place = self.lookups.place_of(self.pool.account(row_id))
        assert isinstance(place, UpstreamPlace)
        return place

    def script(self, row_id: str, check: object) -> None:
        self.transport.add(ScriptedReply(body=(Piece(json.dumps(check).encode()),)), account_id=row_id)


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
    assert (scene.place_of("free").egress_id, scene.place_of("free").route.egress_name) == ("p", "Home")
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
