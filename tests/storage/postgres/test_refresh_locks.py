"""Refresh locks in PostgreSQL; what all kinds keep to is in the contract suite."""

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.postgres.refresh_locks import PostgresRefreshLocks


@pytest.mark.parametrize("address", ["nonsense", "postgresql://postgres@127.0.0.1:1/x"])
async def test_a_server_that_is_not_there_is_told(address: str) -> None:
    with pytest.raises(StoreUnusable):
        await PostgresRefreshLocks(address).hold("a", wait_seconds=0.0).__aenter__()
