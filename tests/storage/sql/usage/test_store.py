"""Usage in a database that cannot be written; what every store keeps to is in the contract suite."""

import sqlite3
from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.opening import DATABASE_FILE
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Selection, Window
from tests.stores.places import opened
from tests.usage.samples import event

ALL = Selection()
EVER = Window(span=Span.DAY, begins_at=0, ends_at=2**40)


async def test_of_a_batch_that_does_not_fit_on_the_disk_nothing_is_kept(tmp_path: Path) -> None:
    def limit(transaction: Transaction, pages: int) -> None:
        transaction.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    batch = [event(f"{number}{'x' * 200}", model=f"m{number}") for number in range(200)]
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.usage.keep([event("before")])
        await stores.database.write(lambda transaction: limit(transaction, 1), durable=False)  # what there is, at least
        with pytest.raises(StoreUnusable, match="full"):
            await stores.usage.keep(batch)
        assert [each.event_id for each in await stores.usage.newest(0, 2**40, ALL, limit=9)] == ["before"]
        (line,) = await stores.usage.totals([EVER], ALL)
        assert line.sums.request_count == 1
        await stores.database.write(lambda transaction: limit(transaction, 100_000), durable=False)
        assert await stores.usage.keep(batch) == 200
        (line,) = await stores.usage.totals([EVER], ALL)
        assert line.sums.request_count == 201


async def test_usage_is_read_while_somebody_writes(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.usage.keep([event()])
        locking = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        assert len(await stores.usage.totals([EVER], ALL)) == 1
        locking.close()
