"""The ways into a database."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from codex_proxy.storage.opening import DATABASE_FILE
from codex_proxy.storage.sql.engines import READER_COUNT, plain_sqlite, sqlite_engines
from tests.stores.places import opened

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout")


async def test_each_engine_is_set_up_for_what_it_does(tmp_path: Path) -> None:
    def pragmas(connection: Connection) -> list[object]:
        return [connection.exec_driver_sql(f"PRAGMA {each}").scalar_one() for each in PRAGMAS]

    async with opened(tmp_path, folder=tmp_path):
        engines = sqlite_engines(tmp_path / DATABASE_FILE)
        found = [await way.run(pragmas) for way in (engines.reader, engines.writer, engines.durable_writer)]
        await engines.close()
    assert found == [["wal", 2, 1, 1, 5000], ["wal", 1, 1, 0, 5000], ["wal", 2, 1, 0, 5000]]


async def test_readers_read_side_by_side_and_closing_waits_for_them(tmp_path: Path) -> None:
    together = threading.Barrier(READER_COUNT)

    def meet(_: Connection) -> bool:
        together.wait()
        return True

    async with opened(tmp_path, folder=tmp_path), asyncio.TaskGroup() as tasks:
        engines = sqlite_engines(tmp_path / DATABASE_FILE)
        reads = [tasks.create_task(engines.reader.run(meet)) for _ in range(2 * READER_COUNT)]
        await asyncio.sleep(0)
        await engines.close()
        assert [await read for read in reads] == [True] * 2 * READER_COUNT


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "with % and ? and #" / "db"
    path.parent.mkdir()
    engines = sqlite_engines(path)
    with pytest.raises(OperationalError):
        await engines.durable_writer.run(lambda _: None)
    await engines.close()
    plain = plain_sqlite(path, read_only=True)
    with pytest.raises(OperationalError):
        plain.connect()
    plain.dispose()
    assert not path.exists()


def test_a_plain_engine_that_reads_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "with % and ? and #"
    path.touch()
    writer, reader = plain_sqlite(path, read_only=False), plain_sqlite(path, read_only=True)
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b)")
    with reader.begin() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("INSERT INTO a VALUES (1)")
    writer.dispose()
    reader.dispose()
