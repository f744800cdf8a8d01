"""Reads and writes."""

import asyncio
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.database import RefusingDatabase, unusable
from codex_proxy.storage.sql.tables.state import MARKS
from codex_proxy.storage.sql.transaction import Transaction
from tests.stores.places import opened


def mark(transaction: Transaction, name: str) -> None:
    transaction.connection.execute(insert(MARKS).values(name=name, at=1.0))


def marks(connection: Connection) -> list[str]:
    return list(connection.scalars(select(MARKS.c.name).order_by(MARKS.c.name)))


async def test_a_write_is_whole_or_not_at_all(tmp_path: Path) -> None:
    def half(transaction: Transaction) -> None:
        mark(transaction, "half")
        raise ZeroDivisionError

    async with opened(tmp_path, folder=tmp_path) as stores:
        with pytest.raises(ZeroDivisionError):
            await stores.database.write(half)
        await stores.database.write(lambda transaction: mark(transaction, "whole"))
        assert await stores.database.read(marks) == ["whole"]


async def test_a_02_a_write_whose_asker_left_is_seen_to_its_end(tmp_path: Path) -> None:
    begun, left = threading.Event(), threading.Event()

    def change(transaction: Transaction) -> None:
        begun.set()
        left.wait()
        mark(transaction, "kept")

    async with opened(tmp_path, folder=tmp_path) as stores:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(stores.database.write(change))
            await asyncio.to_thread(begun.wait)
            asking.cancel()
        assert asking.cancelled()
        left.set()
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.read(marks) == ["kept"]


async def test_a_write_that_waits_for_its_turn_is_seen_to_its_end_as_well(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores, asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(stores.database.write(partial(mark, name=name))) for name in "abc"]
        await asyncio.sleep(0)
        for task in asking:
            task.cancel()
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.read(marks) == ["a", "b", "c"]


async def test_a_read_cannot_write(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        with pytest.raises(StoreUnusable, match="cannot be read: attempt to write a readonly database"):
            await stores.database.read(lambda connection: connection.execute(insert(MARKS).values(name="x", at=1.0)))
        assert await stores.database.read(marks) == []


async def test_a_read_that_is_cancelled_leaves_the_others_working(tmp_path: Path) -> None:
    begun, left = threading.Event(), threading.Event()

    def question(connection: Connection) -> list[str]:
        begun.set()
        left.wait()
        return marks(connection)

    async with opened(tmp_path, folder=tmp_path) as stores:
        for _ in range(10):
            begun.clear()
            left.clear()
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(stores.database.read(question))
                await asyncio.to_thread(begun.wait)
                reading.cancel()
            assert reading.cancelled()
            left.set()
        assert await stores.database.read(marks) == []


async def test_a_read_that_takes_long_holds_up_nobody(tmp_path: Path) -> None:
    begun, written = threading.Event(), threading.Event()

    def question(connection: Connection) -> list[list[str]]:
        before = marks(connection)
        begun.set()
        written.wait()
        return [before, marks(connection)]

    async with opened(tmp_path, folder=tmp_path) as stores, asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(stores.database.read(question))
        await asyncio.to_thread(begun.wait)
        await stores.database.write(lambda transaction: mark(transaction, "meanwhile"))
        assert await stores.database.read(marks) == ["meanwhile"]
        written.set()
        assert await reading == [[], []]


async def test_u_03_fifty_readers_and_two_kinds_of_writers_get_along(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:

        async def read() -> None:
            for _ in range(5):
                seen = await stores.database.read(marks)
                assert len(seen) % 2 == 0

        async def write(name: str, *, durable: bool) -> None:
            def change(transaction: Transaction) -> None:
                mark(transaction, name)
                mark(transaction, f"{name} too")

            await stores.database.write(change, durable=durable)

        async with asyncio.TaskGroup() as tasks:
            for number in range(50):
                tasks.create_task(read())
                tasks.create_task(write(f"w{number}", durable=number % 2 == 0))
        assert len(await stores.database.read(marks)) == 100


async def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(lambda transaction: mark(transaction, "before"))

        def shrink(transaction: Transaction) -> None:
            pages = transaction.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            transaction.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        await stores.database.write(shrink)
        with pytest.raises(StoreUnusable, match=r"codex-proxy.sqlite cannot be written: database or disk is full"):
            await stores.database.write(lambda transaction: mark(transaction, "x" * 1_000_000))
        assert await stores.database.read(marks) == ["before"]
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(lambda transaction: mark(transaction, "after"))
        assert await stores.database.read(marks) == ["after", "before"]


async def test_a_refusing_database_gives_and_takes_nothing() -> None:
    database = RefusingDatabase("it is damaged")
    with pytest.raises(StoreUnusable, match="damaged"):
        await database.read(marks)
    with pytest.raises(StoreUnusable, match="damaged"):
        await database.write(lambda transaction: mark(transaction, "x"))
    await database.close()


def test_reasons_are_one_line_and_quote_no_row() -> None:
    words = "duplicate key value violates a constraint\nDETAIL:  Key (email)=(a@b.test) already exists."
    with pytest.raises(StoreUnusable) as raised, unusable("it cannot be written"):
        raise OperationalError("INSERT", {"email": "a@b.test"}, Exception(words))
    assert str(raised.value) == "it cannot be written: duplicate key value violates a constraint"
    with pytest.raises(StoreUnusable, match="cannot be written: TimeoutError"), unusable("it cannot be written"):
        raise TimeoutError
