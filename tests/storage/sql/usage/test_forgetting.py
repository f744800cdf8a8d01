"""Forgetting in a database: no row of any sum is left behind."""

from pathlib import Path

from sqlalchemy import func, select

from codex_proxy.storage.sql.tables.usage import USAGE_BUCKETS
from codex_proxy.usage.buckets import Span
from tests.stores.places import opened
from tests.usage.samples import HOUR_AT, event


async def test_what_is_forgotten_leaves_no_row(tmp_path: Path) -> None:
    asked = select(func.count()).select_from(USAGE_BUCKETS)
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.usage.keep([event("a", HOUR_AT, model="m"), event("b", HOUR_AT + 1, model="n")])
        assert await stores.database.read(lambda connection: connection.scalar(asked))
        await stores.usage.forget(HOUR_AT, HOUR_AT + int(Span.HOUR), limit=10)
        assert await stores.database.read(lambda connection: connection.scalar(asked)) == 0
