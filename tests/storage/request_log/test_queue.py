"""The log's thread."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from codex_proxy.operations.request_log.store import LogUnusable, Wanted
from codex_proxy.storage.request_log.queue import MOST_BYTES, MOST_ITEMS
from tests.operations.request_log.samples import answered, items, told
from tests.storage.request_log.keeping import Log


def total(log: Log) -> int:
    return log.store.page(Wanted(), limit=1).total


def test_what_is_told_is_written_once_and_told_on(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(items(20))
    assert total(log) == 20
    assert {row.request_id for row in log.written} == {f"req_{number}" for number in range(20)}
    assert (log.queue.dropped_count, log.complaints) == (0, [])


def test_what_waits_at_the_end_is_written_and_nothing_after_it(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(items(50))
    log.queue.close()
    assert total(log) == 50
    log.add(items(1))
    assert log.queue.dropped_count == 2
    with pytest.raises(LogUnusable):
        log.store.clear()


def test_u_03_a_full_queue_drops_and_counts_and_nobody_waits(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.gate.clear()  # the thread is stuck in its first item
    log.add([told(f"req_{number}") for number in range(2 * MOST_ITEMS)])
    dropped = log.queue.dropped_count
    assert MOST_ITEMS - 600 <= dropped <= MOST_ITEMS
    log.add([told("large")], size_bytes=MOST_BYTES + 1)
    assert log.queue.dropped_count == dropped + 1
    log.gate.set()
    log.queue.close()
    assert total(log) == 2 * MOST_ITEMS - dropped


def test_a_locked_file_costs_rows_and_is_told_once(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(items(1))
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    log.add([told("lost")])
    with pytest.raises(LogUnusable):
        log.queue.run(lambda connection: connection.execute("BEGIN IMMEDIATE"))
    assert (log.queue.dropped_count, len(log.complaints)) == (1, 1)
    other.execute("ROLLBACK")
    log.write([told("kept")])
    assert total(log) == 2


def test_a_folder_that_cannot_be_written_loses_the_log_and_nothing_else(tmp_path: Path) -> None:
    log = Log(tmp_path / "file")
    (tmp_path / "file").write_text("no folder")
    log.add(items(2))
    log.queue.close()
    assert (log.queue.dropped_count, len(log.complaints)) == (4, 1)


def test_a_file_damaged_under_our_hands_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(items(200))
    log.queue.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    log.path.write_bytes(b"\xff" * log.path.stat().st_size)
    log.write(items(200))
    with pytest.raises(LogUnusable):
        log.store.entry("req_1")
    log.write([told("after that")])
    assert log.store.entry("after that") is not None
    assert list(tmp_path.glob("*.bak"))


def test_an_item_that_cannot_be_written_is_left_out_alone(tmp_path: Path) -> None:
    log = Log(tmp_path)
    broken = msgspec.structs.replace(answered("req_b"), method=None)
    log.write([told("req_a"), broken, told("req_c")])
    assert (total(log), log.queue.dropped_count, len(log.complaints)) == (2, 1, 1)
