"""The ways into a database."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.engines import (
    plain_sqlite,
    postgres_engines,
    postgres_locks_engine,
    sqlite_engines,
)
from tests.stores.places import opened

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout")


async def test_each_engine_is_set_up_for_what_it_does(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path):
        engines = sqlite_engines(tmp_path / "codex-proxy.sqlite")
        found = []
        for engine in (engines.reader, engines.writer, engines.durable_writer):
            async with engine.connect() as connection:
                found.append([(await connection.exec_driver_sql(f"PRAGMA {each}")).scalar_one() for each in PRAGMAS])
        await engines.dispose()
    assert found == [["wal", 2, 1, 1, 5000], ["wal", 1, 1, 0, 5000], ["wal", 2, 1, 0, 5000]]


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "with % and ? and #" / "db"
    path.parent.mkdir()
    engines = sqlite_engines(path)
    with pytest.raises(OperationalError):
        async with engines.durable_writer.begin():
            pass
    await engines.dispose()
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


def test_an_address_that_is_none_is_refused_and_not_shown() -> None:
    for make in (postgres_engines, postgres_locks_engine):
        with pytest.raises(StoreUnusable, match="not a URL") as raised:
            make("secret nonsense")
        assert "secret" not in str(raised.value)


async def test_a_password_does_not_show() -> None:
    engines = postgres_engines("postgresql://user:secret@127.0.0.1/accounts")
    assert "secret" not in repr(engines)
    assert engines.name == "PostgreSQL database accounts"
    await engines.dispose()
