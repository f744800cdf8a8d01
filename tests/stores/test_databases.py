"""What SQLite and PostgreSQL both give to the stores."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, insert, inspect, select, text

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, StoreUnusable
from codex_proxy.storage.sealing.rotation import rotate
from codex_proxy.storage.sealing.sources import KeyFile, new_key
from codex_proxy.storage.sql.tables.every import ALEMBIC_VERSION, METADATA, SCHEMA_REVISION
from codex_proxy.storage.sql.tables.state import MARKS
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.storage.upkeep.migrating import steps_after, take_steps
from tests.stores.places import of, opened
from tests.stores.test_affinity_store_contract import with_accounts
from tests.stores.test_cookie_store_contract import cookie
from tests.stores.test_egress_store_contract import ONE
from tests.vendors.samples import key


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


async def test_the_schema_is_the_one_of_the_tables(database_place: Path | str, tmp_path: Path) -> None:
    async with opened(database_place, folder=tmp_path) as stores:
        assert await stores.database.read(differences) == []


def described(connection: Connection) -> dict[str, list[str]]:
    """Every table with what a database tells of it."""
    seen = inspect(connection)
    return {
        name: [
            *(repr(column) for column in seen.get_columns(name)),
            repr(seen.get_pk_constraint(name)),
            *sorted(repr(constraint) for constraint in seen.get_check_constraints(name)),
            *sorted(repr(constraint) for constraint in seen.get_foreign_keys(name)),
            *sorted(repr(constraint) for constraint in seen.get_unique_constraints(name)),
            *sorted(repr(index) for index in seen.get_indexes(name)),
        ]
        for name in seen.get_table_names()
    }


async def test_the_steps_make_the_schema_of_the_tables(database_place: Path | str, tmp_path: Path) -> None:
    def with_steps(transaction: Transaction) -> None:
        METADATA.drop_all(transaction.connection)
        transaction.connection.execute(delete(ALEMBIC_VERSION))
        take_steps(transaction.connection, steps_after(None))

    async with opened(database_place, folder=tmp_path) as stores:
        made = await stores.database.read(described)
        assert set(made) == {*METADATA.tables, ALEMBIC_VERSION.name}
        await stores.database.write(with_steps)
        assert await stores.database.read(described) == made
        assert await stores.database.read(differences) == []


async def test_a_read_cannot_write(database_place: Path | str, tmp_path: Path) -> None:
    async with opened(database_place, folder=tmp_path) as stores:
        with pytest.raises(StoreUnusable, match="cannot be read"):
            await stores.database.read(lambda connection: connection.execute(insert(MARKS).values(name="x", at=1.0)))
        assert not await stores.marks.has("x")


async def test_a_read_sees_one_moment(database_place: Path | str, tmp_path: Path) -> None:
    names = select(MARKS.c.name)

    def twice(connection: Connection) -> tuple[int, int]:
        return len(connection.execute(names).all()), len(connection.execute(names).all())

    async with opened(database_place, folder=tmp_path) as stores:
        async with asyncio.TaskGroup() as tasks:
            reads = [tasks.create_task(stores.database.read(twice)) for _ in range(20)]
            for number in range(20):
                tasks.create_task(stores.marks.set(f"m{number}", now=1.0))
        assert all(first == second for first, second in (read.result() for read in reads))


async def test_writes_that_may_be_lost_are_written_all_the_same(database_place: Path | str, tmp_path: Path) -> None:
    def mark(transaction: Transaction) -> None:
        transaction.upsert(MARKS, [{"name": "x", "at": 1.0}])

    async with opened(database_place, folder=tmp_path) as stores:
        await stores.database.write(mark, durable=False)
    async with opened(database_place, folder=tmp_path) as stores:
        assert await stores.marks.has("x")


async def test_a_key_is_changed_under_running_processes(database_place: Path | str, tmp_path: Path) -> None:
    secrets = Secrets(access_token="at", refresh_token="rt")
    async with opened(database_place, folder=tmp_path) as here, opened(database_place, folder=tmp_path) as there:
        await with_accounts(of(here), "a")
        await here.accounts.put(NewAccount(row_id="b", identity=Identity(issuer="i"), secrets=secrets), now=1.0)
        await here.cookies.keep([cookie("a", "direct", "one")])
        await here.egress.put([ONE])
        await here.vendor_keys.add([key("v")])
        await rotate(KeyFile(tmp_path), new_key=new_key, reseal=here.reseal)
        assert await there.accounts.secrets("b") == secrets
        assert await there.cookies.load() == (cookie("a", "direct", "one"),)
        assert (await there.egress.load()).proxies == (ONE,)
        assert [each.secret for each in (await there.vendor_keys.load()).keys] == [key().secret]
        await there.cookies.keep([cookie("a", "proxy", "two")])
    async with opened(database_place, folder=tmp_path) as stores:
        assert len(await stores.cookies.load()) == 2


async def test_another_key_is_refused(database_place: Path | str, tmp_path: Path) -> None:
    async with opened(database_place, folder=tmp_path) as stores:
        await with_accounts(of(stores), "a")
    kept = KeyFile(tmp_path).read()
    KeyFile(tmp_path).replace([new_key()])
    async with opened(database_place, folder=tmp_path) as stores:
        assert "key" in (stores.health.message or "")
        with pytest.raises(StoreUnusable):
            await stores.accounts.remove(["a"], now=1.0)
    KeyFile(tmp_path).replace(kept)
    async with opened(database_place, folder=tmp_path) as stores:
        assert [record.row_id for record in (await stores.accounts.load()).changed] == ["a"]


async def test_a_newer_schema_is_refused(database_place: Path | str, tmp_path: Path) -> None:
    def said(version: str) -> str:
        return f"UPDATE alembic_version SET version_num = '{version}'"

    async with opened(database_place, folder=tmp_path) as stores, opened(database_place, folder=tmp_path) as beside:
        await stores.database.write(lambda transaction: transaction.connection.execute(text(said("9999"))))
        try:
            async with opened(database_place, folder=tmp_path) as late:
                assert "9999" in (late.health.message or "")
        finally:
            await beside.database.write(lambda transaction: transaction.connection.execute(text(said(SCHEMA_REVISION))))
