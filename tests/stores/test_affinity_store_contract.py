"""What every store of conversations' homes keeps to."""

from codex_proxy.accounts.keeping import Home
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from tests.stores.places import Kept


def home(conversation: str, row_id: str, used_at: float, *, client_key: str = "key") -> Home:
    return Home(conversation=(client_key, conversation), row_id=row_id, used_at=used_at)


async def with_accounts(kept: Kept, *row_ids: str) -> Kept:
    for row_id in row_ids:
        secrets = Secrets(access_token=f"token of {row_id}")
        await kept.accounts.put(NewAccount(row_id=row_id, identity=Identity(issuer="i"), secrets=secrets), now=1.0)
    return kept


async def test_homes_come_back_latest_first(kept: Kept) -> None:
    homes = (await with_accounts(kept, "a", "b")).affinity
    assert await homes.load(limit=10) == ()
    told = [home("c1", "a", 1.0), home("c2", "b", 3.0), home("c1", "b", 2.0, client_key="other")]
    await homes.keep(told)
    assert await homes.load(limit=10) == (told[1], told[2], told[0])
    assert await homes.load(limit=1) == (told[1],)


async def test_the_home_used_later_stays(kept: Kept) -> None:
    homes = (await with_accounts(kept, "a", "b")).affinity
    await homes.keep([home("c1", "a", 2.0)])
    await homes.keep([home("c1", "b", 1.0)])
    assert await homes.load(limit=10) == (home("c1", "a", 2.0),)
    await homes.keep([home("c1", "b", 3.0)])
    assert await homes.load(limit=10) == (home("c1", "b", 3.0),)


async def test_the_homes_used_least_recently_are_forgotten(kept: Kept) -> None:
    homes = (await with_accounts(kept, "a")).affinity
    await homes.keep([home(f"c{number}", "a", float(number)) for number in range(5)])
    assert await homes.trim(limit=2) == 3
    assert [each.used_at for each in await homes.load(limit=10)] == [4.0, 3.0]
    assert await homes.trim(limit=2) == 0


async def test_a_15_a_home_goes_with_its_account(kept: Kept) -> None:
    homes = (await with_accounts(kept, "a", "b")).affinity
    await homes.keep([home("c1", "a", 1.0), home("c2", "b", 2.0), home("c3", "nobody", 3.0)])
    await kept.accounts.remove(["b"], now=1.0)
    assert await homes.load(limit=10) == (home("c1", "a", 1.0),)
    await homes.keep([])


async def test_many_homes_are_kept_at_once(kept: Kept) -> None:
    homes = (await with_accounts(kept, "a")).affinity
    await homes.keep([home(f"c{number:05}", "a", float(number)) for number in range(2_000)])
    assert len(await homes.load(limit=5_000)) == 2_000
