"""Conversations in a file; what every store keeps to is in the contract suites."""

from pathlib import Path

from tests.stores.places import of, opened
from tests.stores.test_affinity_store_contract import home, with_accounts
from tests.stores.test_upstream_identity_store_contract import ids


async def test_homes_and_ids_outlive_the_process(tmp_path: Path) -> None:
    lives, known = home("c1", "a", 5.0), ids("c1", "a", 5.0, state="opaque")
    async with opened(tmp_path, folder=tmp_path) as stores:
        await with_accounts(of(stores), "a")
        await stores.affinity.keep([lives])
        await stores.identities.keep([known])
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.affinity.load(limit=10) == (lives,)
        assert await stores.identities.load(limit=10) == (known,)
