"""The accounts in memory and the store beside them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
import pytest

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.issuer import Refusal
from codex_proxy.accounts.keeping import Home
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.record import AccountEvent, AccountRecord, Death, Identity, Secrets
from codex_proxy.accounts.store import Changes, Edit, NewAccount, StoreUnusable
from codex_proxy.operations.keeping.keeper import REMOVED_SECONDS, AccountKeeper, KeeperParts
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed
from tests.gateway.scene import NOW, FakeClock
from tests.gateway.test_continuation import ASKED
from tests.operations.keeping.remembering import conversations
from tests.stores.memory_keeping import MemoryAffinityStore, MemoryUpstreamIdentityStore
from tests.stores.memory_store import MemoryAccountStore

CONVERSATION = ("key", "conversation")


class Homes(MemoryAffinityStore):
    """A store that refuses to write while it is ``broken``."""

    broken = False

    async def keep(self, kept: Sequence[Home]) -> None:
        if self.broken:
            raise StoreUnusable("the disk is full")
        await super().keep(kept)


class Store(MemoryAccountStore):
    """A store that refuses to write while it is ``broken``.

    ``reading`` is what happens between the reading of tokens and their coming, ``told`` the same of changes; ``asked``
    counts tokens that were read, ``followed`` are the revisions after which changes were.
    """

    broken = False

    def __init__(self) -> None:
        super().__init__()
        self.reading: Callable[[], Awaitable[object]] | None = None
        self.told: Callable[[], Awaitable[object]] | None = None
        self.asked = 0
        self.followed: list[int] = []

    async def changes_since(self, revision: int) -> Changes:
        self.followed.append(revision)
        changes, meanwhile = await super().changes_since(revision), self.told
        if meanwhile is not None:
            self.told = None
            await meanwhile()
        return changes

    async def secrets_of(self, row_ids: Sequence[str]) -> Mapping[str, Secrets]:
        told, meanwhile = await super().secrets_of(row_ids), self.reading
        self.asked += len(row_ids)
        if meanwhile is not None:
            self.reading = None
            await meanwhile()
        return told

    async def keep_conditions(self, conditions: Mapping[str, bytes]) -> None:
        self._refuse()
        await super().keep_conditions(conditions)

    async def add_events(self, events: Sequence[AccountEvent]) -> None:
        self._refuse()
        await super().add_events(events)

    def _refuse(self) -> None:
        if self.broken:
            raise StoreUnusable("the disk is full")


CLIENT_KEY = "codex-proxy-" + "0f" * 24


class Scene:
    """A store with an account ``a``, and as many gateways over it as a test wants."""

    def __init__(self) -> None:
        self.store, self.clock = Store(), FakeClock()
        self.homes = Homes(self.store.row_ids)
        self.identities = MemoryUpstreamIdentityStore(self.store.row_ids)
        self.changed: list[str] = []
        self.gone: list[str] = []
        self.bound_keys = BoundKeys(b"pepper")

    async def add(self, row_id: str, *, token: str = "access", client_key: str | None = None) -> AccountRecord:
        identity = Identity(issuer="https://issuer.invalid", account_id=row_id, user_id=row_id)
        secrets = Secrets(access_token=token, client_key=client_key)
        new = NewAccount(row_id=row_id, identity=identity, secrets=secrets, plan="plus")
        return (await self.store.put(new, now=self.clock.now())).record

    async def gateway(self) -> tuple[AccountKeeper, AccountPool]:
        pool = AccountPool(affinity=AffinityMap())
        remembered = conversations(pool.affinity, self.homes, self.identities)
        self.continuation = remembered.continuation
        parts = KeeperParts(
            store=self.store,
            conversations=remembered,
            pool=pool,
            bound_keys=self.bound_keys,
            clock=self.clock,
            complain=lambda what, error: pytest.fail(f"{what}: {error}"),
            changed=lambda record: self.changed.append(record.row_id),
            gone=self.gone.append,
        )
        keeper = AccountKeeper(parts)
        await keeper.load()
        return keeper, pool


def states(pool: AccountPool) -> dict[str, State]:
    return {row_id: verdict.state for row_id, verdict in pool.verdicts(NOW).items()}


async def test_what_is_kept_is_there_after_the_start() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    assert states(pool) == {"a": State.ACTIVE}
    assert (pool.account("a").credential.token, scene.changed) == ("access", ["a"])
    assert await keeper.load() == 1


async def test_a_14_what_another_process_does_is_seen_with_the_next_look() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    await scene.add("b")
    await scene.store.edit("a", Edit(enabled=False))
    await keeper.follow()
    assert states(pool) == {"a": State.DISABLED, "b": State.ACTIVE}
    await scene.store.remove(["a"], now=1.0)
    await keeper.follow()
    assert (states(pool), scene.gone) == ({"b": State.ACTIVE}, ["a"])


async def test_locks_and_homes_survive_a_restart() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    pool.settle("a", News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 3600), NOW)
    pool.affinity.settle(CONVERSATION, "a", NOW)
    await keeper.write()
    _, after = await scene.gateway()
    assert states(after) == {"a": State.LIMITED}
    assert after.affinity.home(CONVERSATION, NOW) == "a"


async def test_what_changed_is_in_the_timeline() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    states(pool)
    pool.settle("a", News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 3600), NOW)
    await keeper.write()
    (event,) = await scene.store.events("a", limit=9)
    assert (event.before, event.after) == ("active", "rate_limited")


async def test_what_could_not_be_written_is_written_the_next_time() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    states(pool)
    pool.settle("a", News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 3600), NOW)
    pool.affinity.settle(CONVERSATION, "a", NOW)
    scene.store.broken = scene.homes.broken = True
    with pytest.raises(StoreUnusable):
        await keeper.write()
    scene.store.broken = False
    with pytest.raises(StoreUnusable):
        await keeper.write()
    scene.homes.broken = False
    await keeper.write()
    assert set(await scene.store.load_conditions()) == {"a"}
    assert len(await scene.store.events("a", limit=9)) == 1
    assert [home.conversation for home in await scene.homes.load(limit=9)] == [CONVERSATION]


async def test_nothing_to_write_writes_nothing() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, _ = await scene.gateway()
    scene.store.broken = scene.homes.broken = True
    assert await keeper.write()


async def test_b_06_a_pair_adopted_from_the_store_is_whole_and_serves_at_once() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    record = await scene.add("a", token="newer")
    await keeper.take(record)
    assert pool.account("a").credential.token == "newer"


async def test_b_11_a_failed_refresh_is_in_the_timeline() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, _ = await scene.gateway()
    refused = Refreshed(outcome=Outcome.POSTPONED, refusal=Refusal.REGION, message="not here")
    keeper.refused("a", refused)
    keeper.refused("a", Refreshed(outcome=Outcome.DEAD, refusal=Refusal.REFRESH_TOKEN_REUSED, message="reused"))
    keeper.refused("a", Refreshed(outcome=Outcome.NOTHING_TO_SEND))
    await keeper.write()
    told = [(event.after, event.reason, event.evidence) for event in await scene.store.events("a", limit=9)]
    assert sorted(told) == [
        ("needs_login", "refresh_token_reused", {"message": "reused"}),
        ("refresh_postponed", "region", {"message": "not here"}),
    ]


async def test_b_02_a_dead_refresh_token_leaves_the_access_token_in_use() -> None:
    scene = Scene()
    record = await scene.add("a")
    keeper, pool = await scene.gateway()
    dead = msgspec.structs.replace(record, death=Death.REUSED)
    await keeper.take(dead)
    assert states(pool) == {"a": State.ACTIVE}


async def test_b_08_three_renewals_that_refused_tokens_cause_in_ten_minutes_are_enough() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    allowed = []
    for generation in range(4):
        pool.settle("a", News(occurrence=Occurrence.REFUSED_TOKEN, generation=generation), NOW)
        allowed.append(keeper.may_renew("a"))
        await keeper.take(await scene.add("a", token=f"newer-{generation}"))
    assert allowed == [True, True, True, False]
    assert not keeper.may_renew("nobody")


async def test_the_key_of_an_account_comes_and_goes_with_it() -> None:
    scene = Scene()
    record = await scene.add("a", client_key=CLIENT_KEY)
    keeper, _ = await scene.gateway()
    assert scene.bound_keys.find(CLIENT_KEY) == "a"
    await scene.store.remove([record.row_id], now=NOW)
    await keeper.follow()
    assert (scene.bound_keys.find(CLIENT_KEY), len(scene.bound_keys)) == (None, 0)


async def test_a_15_an_account_removed_while_its_tokens_were_read_does_not_come_back() -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    newer = await scene.add("a", token="newer")

    async def removed() -> None:
        await scene.store.remove(["a"], now=NOW)
        leaving.append(asyncio.ensure_future(keeper.follow()))
        await asyncio.sleep(0)

    leaving: list[asyncio.Future[bool]] = []
    scene.store.reading = removed
    await keeper.take(newer)
    await asyncio.gather(*leaving)
    assert (states(pool), scene.gone) == ({}, ["a"])


async def test_what_was_taken_in_already_is_not_read_again() -> None:
    scene = Scene()
    keeper, pool = await scene.gateway()
    await keeper.take_all([await scene.add(row_id) for row_id in "abc"])
    await keeper.follow()
    assert scene.store.asked == 3
    await scene.store.edit("b", Edit(label="x"))
    await keeper.follow()
    assert (scene.store.asked, len(pool)) == (4, 3)


async def test_what_is_taken_in_by_and_by_is_not_looked_for_again_and_what_others_did_is() -> None:
    scene = Scene()
    keeper, pool = await scene.gateway()
    await keeper.take_all([await scene.add(row_id) for row_id in "ab"])
    await keeper.follow()
    others = await scene.add("c")
    await keeper.take(await scene.add("d"))
    await keeper.follow()
    assert scene.store.followed == [2, 2]
    assert len(pool) == 4
    await scene.store.edit("c", Edit(label="x"))
    await keeper.follow()
    await keeper.follow()
    assert scene.store.followed[2:] == [others.revision + 1, others.revision + 2]


async def test_whoever_did_not_look_for_a_day_learns_from_who_is_there_who_went() -> None:
    scene = Scene()
    await scene.add("a")
    asleep, pool = await scene.gateway()
    awake, _ = await scene.gateway()
    await scene.store.remove(["a"], now=scene.clock.now())
    await scene.add("b")
    await awake.trim()
    assert (await scene.store.changes_since(1)).removed == ("a",)
    scene.clock.time += REMOVED_SECONDS + 1
    await awake.trim()
    assert (await scene.store.changes_since(1)).whole
    await asleep.follow()
    assert states(pool) == {"b": State.ACTIVE}
    await asleep.follow()
    assert states(pool) == {"b": State.ACTIVE}


@pytest.mark.parametrize("whole", [False, True])
async def test_an_account_that_came_since_is_not_taken_for_one_that_went(whole: bool) -> None:
    scene = Scene()
    await scene.add("a")
    keeper, pool = await scene.gateway()
    await scene.store.remove(["a"], now=scene.clock.now())
    await scene.add("b")
    if whole:
        scene.clock.time += REMOVED_SECONDS + 1
        await keeper.trim()

    async def came() -> None:
        await keeper.take_all([await scene.add("a"), await scene.add("c")])

    scene.store.told = came
    await keeper.follow()
    assert set(states(pool)) == {"a", "b", "c"}
    assert scene.gone == []


async def test_a_15_what_conversations_were_with_an_account_goes_with_it() -> None:
    scene = Scene()
    for row_id in "ab":
        await scene.add(row_id)
    keeper, _ = await scene.gateway()
    continuation = scene.continuation
    for row_id in "ab":
        continuation.identity((row_id, *CONVERSATION), ASKED, NOW)
    await scene.store.remove(["a"], now=NOW)
    await keeper.follow()
    await keeper.write()
    assert [each.row_id for each in await scene.identities.load(limit=9)] == ["b"]
    assert len(continuation) == 1
