"""Several processes on one store, and processes that die."""

import asyncio
import contextlib
import os
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from codex_proxy.storage.opening import Stores
from codex_proxy.storage.sql.tables.every import ALEMBIC_VERSION, METADATA, SCHEMA_REVISION
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Selection, Window
from tests.stores.children import add, refresh_token
from tests.stores.places import opened

CRASH_ROUNDS = int(os.environ.get("CODEX_PROXY_TEST_CRASH_ROUNDS", "2"))


@contextlib.asynccontextmanager
async def child(place: Path | str, data_dir: Path, *work: str) -> AsyncIterator[Process]:
    """A process that works on the store; it is dead after the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.stores.children", str(place), str(data_dir), *work, stdout=PIPE
    )
    try:
        assert await line_of(process) == "opened True None"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line_of(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def facts_until_killed(process: Process, line_count: int) -> list[str]:
    """What the process told before it was killed: so many lines and those that it wrote until then."""
    told = [await line_of(process) for _ in range(line_count)]
    process.kill()
    rest, _ = await process.communicate()
    return told + rest.decode().splitlines()


async def told_by(place: Path | str, data_dir: Path, *work: str) -> list[str]:
    """What a process tells that opens the store, works on it and ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.stores.children", str(place), str(data_dir), *work, stdout=PIPE
    )
    told, _ = await process.communicate()
    return told.decode().splitlines()


async def tokens_of(stores: Stores) -> dict[str, str | None]:
    row_ids = [record.row_id for record in (await stores.accounts.load()).changed]
    kept = await stores.accounts.secrets_of(row_ids)
    return {row_id: secrets.refresh_token for row_id, secrets in kept.items()}


@pytest.mark.timeout(300)
async def test_a_02_a_killed_process_loses_nothing_it_told_of(database_place: Path | str, tmp_path: Path) -> None:
    chance = random.Random(1)
    latest: dict[str, int] = {}
    for _ in range(CRASH_ROUNDS):
        async with child(database_place, tmp_path, "live") as process:
            facts = [fact.split() for fact in await facts_until_killed(process, chance.randrange(1, 30))]
        latest |= {row_id: int(number) for verb, row_id, number in facts if verb == "has"}
        async with opened(database_place, folder=tmp_path) as stores:
            assert stores.health.ok
            tokens = await tokens_of(stores)
            begun = {intent.row_id for intent in await stores.accounts.open_intents()}
        for row_id, refreshes in latest.items():
            # the last step may have been kept without being told any more
            assert tokens[row_id] in {refresh_token(row_id, refreshes), refresh_token(row_id, refreshes + 1)}
        verb, row_id, number = facts[-1]
        assert verb != "began" or row_id in begun or tokens[row_id] == refresh_token(row_id, int(number))


@pytest.mark.timeout(300)
async def test_a_04_two_processes_add_accounts_side_by_side(database_place: Path | str, tmp_path: Path) -> None:
    async with opened(database_place, folder=tmp_path) as stores:
        seen = (await stores.accounts.load()).revision
        async with (
            child(database_place, tmp_path, "add", "a", "50") as one,
            child(database_place, tmp_path, "add", "b", "50") as other,
        ):
            assert [await one.wait(), await other.wait()] == [0, 0]
        news = await stores.accounts.changes_since(seen)
        assert sorted(record.row_id for record in news.changed) == sorted(
            f"{prefix}{number:04}" for prefix in "ab" for number in range(50)
        )
        assert sorted(record.revision for record in news.changed) == list(range(seen + 1, seen + 101))
        assert len(await tokens_of(stores)) == 100


@pytest.mark.timeout(300)
async def test_b_04_a_lock_dies_with_its_holder_and_not_before(database_place: Path | str, tmp_path: Path) -> None:
    async with opened(database_place, folder=tmp_path) as stores:
        async with child(database_place, tmp_path, "hold", "row1") as process:
            assert await line_of(process) == "held True"
            async with stores.locks.hold("row1", wait_seconds=0.0) as held:
                assert not held
        async with stores.locks.hold("row1", wait_seconds=60.0) as held:
            assert held


@pytest.mark.timeout(300)
async def test_a_killed_rotation_of_the_key_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(1)
    async with opened(tmp_path, folder=tmp_path) as stores:
        await add(stores, prefix="a", count=30)
        before = await tokens_of(stores)
    for _ in range(CRASH_ROUNDS):
        async with child(tmp_path, tmp_path, "rotate") as process:
            await facts_until_killed(process, chance.randrange(1, 6))
        async with opened(tmp_path, folder=tmp_path) as stores:
            assert stores.health.ok
            assert await tokens_of(stores) == before


def without_tables(transaction: Transaction) -> None:
    METADATA.drop_all(transaction.connection)
    ALEMBIC_VERSION.drop(transaction.connection)


def without_revision(transaction: Transaction) -> None:
    transaction.connection.execute(delete(ALEMBIC_VERSION))


def with_revision(transaction: Transaction) -> None:
    transaction.connection.execute(insert(ALEMBIC_VERSION).values(version_num=SCHEMA_REVISION))


async def test_alembic_is_loaded_only_where_there_are_steps_to_take(database_place: Path | str, tmp_path: Path) -> None:
    asked = (database_place, tmp_path, "loaded", "alembic")
    if isinstance(database_place, str):
        async with opened(database_place, folder=tmp_path) as stores:
            await stores.database.write(without_tables)
    assert await told_by(*asked) == ["opened True None", "loaded []"]
    assert await told_by(*asked) == ["opened True None", "loaded []"]
    async with opened(database_place, folder=tmp_path) as stores:
        await stores.database.write(without_revision)
        try:
            opening, loading = await told_by(*asked)
        finally:
            await stores.database.write(with_revision)
    # its tables are there, so that the steps cannot be taken
    assert opening.startswith("opened False")
    assert loading == "loaded ['alembic']"


async def test_what_only_a_postgresql_needs_is_loaded_only_there(database_place: Path | str, tmp_path: Path) -> None:
    needed = ["asyncpg", "sqlalchemy.dialects.postgresql", "sqlalchemy.ext.asyncio", "sqlalchemy.orm"]
    opening, loading = await told_by(database_place, tmp_path, "loaded", *needed)
    assert opening == "opened True None"
    assert loading == f"loaded {needed if isinstance(database_place, str) else []}"


@pytest.mark.timeout(300)
async def test_u_01_of_usage_nothing_is_lost_or_doubled_by_a_kill(database_place: Path | str, tmp_path: Path) -> None:
    told: dict[str, int] = {}
    for name in ("first", "second"):
        async with child(database_place, tmp_path, "use", name) as process:
            facts = await facts_until_killed(process, 20)
        told[name] = 1 + max(int(fact.split()[1]) for fact in facts if fact.startswith("used "))
    async with opened(database_place, folder=tmp_path) as stores:
        records = await stores.usage.newest(0, 2**40, Selection(), limit=100_000)
        for span in Span:
            (line,) = await stores.usage.totals([Window(span=span, begins_at=0, ends_at=2**40)], Selection())
            assert (line.sums.request_count, line.sums.input_tokens) == (len(records), len(records))
    for name, number in told.items():
        kept = [record for record in records if record.event_id.startswith(f"{name}-")]
        # the last three may have been kept without being told any more
        assert len(kept) in {3 * number, 3 * number + 3}
