"""What every store of conversations' ids upstream keeps to."""

from codex_proxy.accounts.keeping import KeptIdentity
from codex_proxy.canonical.target import UpstreamIdentity
from tests.stores.places import Kept
from tests.stores.test_affinity_store_contract import with_accounts


def ids(
    conversation: str, row_id: str, used_at: float, *, turn: str = "turn", state: str | None = None
) -> KeptIdentity:
    identity = UpstreamIdentity(
        session_id=f"session-{row_id}",
        thread_id=f"thread-{row_id}",
        turn_id=turn,
        window_number=int(used_at),
        turn_state=state,
    )
    return KeptIdentity(conversation=("key", conversation), row_id=row_id, used_at=used_at, identity=identity)


async def test_ids_come_back_latest_first_each_with_its_account(kept: Kept) -> None:
    store = (await with_accounts(kept, "a", "b")).identities
    assert await store.load(limit=10) == ()
    told = [ids("c1", "a", 1.0), ids("c1", "b", 3.0, state="opaque"), ids("c2", "a", 2.0)]
    await store.keep(told)
    assert await store.load(limit=10) == (told[1], told[2], told[0])
    assert await store.load(limit=1) == (told[1],)


async def test_the_ids_used_later_stay(kept: Kept) -> None:
    store = (await with_accounts(kept, "a")).identities
    await store.keep([ids("c1", "a", 2.0)])
    await store.keep([ids("c1", "a", 1.0, turn="older")])
    assert await store.load(limit=10) == (ids("c1", "a", 2.0),)
    later = ids("c1", "a", 3.0, turn="later", state="state")
    await store.keep([later])
    assert await store.load(limit=10) == (later,)


async def test_the_ids_used_least_recently_are_forgotten(kept: Kept) -> None:
    store = (await with_accounts(kept, "a", "b")).identities
    await store.keep([ids(f"c{number}", row, number + 0.5 * (row == "b")) for number in range(3) for row in "ab"])
    assert await store.trim(limit=2) == 4
    assert [(each.conversation[1], each.row_id) for each in await store.load(limit=10)] == [("c2", "b"), ("c2", "a")]
    assert await store.trim(limit=2) == 0


async def test_a_15_ids_go_with_their_account(kept: Kept) -> None:
    store = (await with_accounts(kept, "a", "b")).identities
    await store.keep([ids("c1", "a", 1.0), ids("c1", "b", 2.0), ids("c1", "nobody", 3.0)])
    await kept.accounts.remove(["b"], now=1.0)
    assert await store.load(limit=10) == (ids("c1", "a", 1.0),)
    await store.keep([])


async def test_many_are_kept_at_once(kept: Kept) -> None:
    store = (await with_accounts(kept, "a")).identities
    await store.keep([ids(f"c{number:05}", "a", float(number)) for number in range(2_000)])
    assert len(await store.load(limit=5_000)) == 2_000
