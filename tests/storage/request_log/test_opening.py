"""The log opened for whoever reads it."""

import sqlite3
from pathlib import Path

import pytest

from codex_proxy.operations.request_log.store import LogUnusable
from codex_proxy.storage.request_log.opening import Reader
from tests.operations.request_log.samples import items
from tests.storage.request_log.keeping import Log


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(items(1))
    with Reader(log.path, log.queue).open() as connection:
        assert connection is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM exchanges")
    assert log.store.volume().row_count == 1
    log.queue.close()


def test_damage_is_told_to_the_thread_that_writes(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(items(1))
    reader = Reader(log.path, log.queue)
    log.queue.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    log.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LogUnusable), reader.open():
        pass
    log.write(items(2))
    with reader.open() as connection:
        assert connection is not None
        assert connection.execute("SELECT count(*) FROM exchanges").fetchone() == (2,)
    log.queue.close()
