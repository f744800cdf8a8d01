"""Conditions, counters and timelines on the tables; what every store keeps to is in the contract suite."""

from pathlib import Path

from sqlalchemy import Connection, func, select

from codex_proxy.accounts.record import AccountEvent, Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.sql.accounts.journal import KEPT_EVENTS
from codex_proxy.storage.sql.tables.accounts import ACCOUNT_EVENTS
from tests.stores.places import opened


def event(row_id: str, at: float) -> AccountEvent:
    return AccountEvent(row_id=row_id, at=at, before="a", after="b", reason="r", evidence={"status": "429"})


def rows(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(ACCOUNT_EVENTS)).scalar_one()


async def test_timelines_do_not_grow_for_ever_and_do_not_cost_each_other(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        for row_id in "ab":
            secrets = Secrets(access_token=row_id)
            await stores.accounts.put(
                NewAccount(row_id=row_id, identity=Identity(issuer="i"), secrets=secrets), now=1.0
            )
        await stores.accounts.add_events([event("a", 1.0)])
        await stores.accounts.add_events([event("b", float(at)) for at in range(2 * KEPT_EVENTS)])
        assert await stores.database.read(rows) == KEPT_EVENTS + 1
        assert await stores.accounts.events("a", limit=9) == (event("a", 1.0),)
        await stores.accounts.remove(["b"], now=1.0)
        assert await stores.database.read(rows) == 1
