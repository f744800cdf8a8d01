"""Homes of conversations in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

from tests.stores.places import of, opened
from tests.stores.test_affinity_store_contract import home, with_accounts


async def test_homes_outlive_the_process(tmp_path: Path) -> None:
    told = home("c1", "a", 5.0, upstream=b'{"session_id":"s"}')
    async with opened(tmp_path, folder=tmp_path) as stores:
        await (await with_accounts(of(stores), "a")).affinity.keep([told])
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.affinity.load(limit=10) == (told,)
