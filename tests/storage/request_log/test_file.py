"""The log's file."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from codex_proxy.operations.error_log.store import GroupState
from codex_proxy.operations.request_log.rows import Row, row_of
from codex_proxy.operations.request_log.store import LogUnusable, Wanted
from codex_proxy.storage.request_log.file import LOG_FILE, MOST_SET_ASIDE, is_outdated, open_log, reading, set_aside
from codex_proxy.storage.request_log.writing import Batch
from tests.operations.request_log.samples import failed, items, redact, told
from tests.storage.request_log.keeping import Log

VERSION_1 = """
CREATE TABLE exchanges (seq INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, at REAL NOT NULL,
  client_request_id TEXT, method TEXT, path TEXT, status INTEGER, duration_ms REAL NOT NULL, first_content_ms REAL,
  tokens_per_second REAL, key_id TEXT, dialect TEXT, model_asked TEXT, model_used TEXT, provider TEXT, account_id TEXT,
  streamed INTEGER NOT NULL, aborted INTEGER NOT NULL, effort TEXT, service_tier TEXT, failure TEXT, error TEXT,
  input_count INTEGER, output_count INTEGER, cached_count INTEGER, reasoning_count INTEGER,
  is_estimated INTEGER NOT NULL, attempt_count INTEGER NOT NULL, attempts TEXT NOT NULL, notes TEXT NOT NULL,
  decision TEXT, UNIQUE (request_id));
CREATE INDEX exchanges_at ON exchanges (at);
CREATE TABLE bodies (seq INTEGER PRIMARY KEY REFERENCES exchanges (seq) ON DELETE CASCADE, content BLOB NOT NULL);
CREATE TABLE error_groups (signature TEXT PRIMARY KEY, kind TEXT NOT NULL, upstream TEXT NOT NULL, model TEXT NOT NULL,
  shape TEXT NOT NULL, message TEXT NOT NULL, count INTEGER NOT NULL, first_seen REAL NOT NULL,
  last_seen REAL NOT NULL, samples TEXT NOT NULL);
PRAGMA user_version=1;
"""


def count(path: Path) -> int:
    with reading(path) as connection:
        assert connection is not None
        return int(connection.execute("SELECT count(*) FROM exchanges").fetchone()[0])


def made(path: Path) -> None:
    connection = open_log(path, now=0.0)
    Batch(connection, redact, lambda _: None).write(items(3))
    connection.close()


def test_it_is_the_owners_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / LOG_FILE
    made(path)
    assert path.stat().st_mode & 0o777 == 0o600
    open_log(path, now=1.0).close()
    assert count(path) == 3


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_log_is_put_aside_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / LOG_FILE
    path.write_bytes(content)
    open_log(path, now=0.0).close()
    [aside] = tmp_path.glob(f"{LOG_FILE}.corrupt-*.bak")
    assert aside.read_bytes() == content
    assert count(path) == 0


def test_a_damaged_log_and_one_of_another_version_are_put_aside(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    made(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    open_log(path, now=0.0).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    open_log(path, now=1.0).close()
    assert len(list(tmp_path.glob(f"{LOG_FILE}.corrupt-*.bak"))) == 2


def older(path: Path) -> None:
    """A log of version 1, with one request and one group of errors."""
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    columns = [name for name in Row.__struct_fields__ if name not in {"seq", "cost_usd"}]
    told = row_of(failed(), redact)
    connection.execute(
        f"INSERT INTO exchanges ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [getattr(told, name) for name in columns],
    )
    connection.execute("INSERT INTO error_groups VALUES ('s', 'timeout', 'codex', 'm', 'in #', 'in 3', 4, 1, 2, '[]')")
    connection.commit()
    connection.close()


def test_a_log_of_an_older_version_is_brought_up_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    older(path)
    assert is_outdated(path)
    connection = open_log(path, now=0.0)
    Batch(connection, redact, lambda _: None, cost_of=lambda _: Decimal(2)).write([told("req_2")])
    assert connection.execute("SELECT request_id, cost_usd FROM exchanges").fetchall() == [
        ("req_1", None),
        ("req_2", "2"),
    ]
    assert connection.execute("SELECT state, source, count FROM error_groups").fetchall() == [("open", "server", 4)]
    connection.close()
    assert not is_outdated(path)
    assert not list(tmp_path.glob("*.bak"))


def test_an_older_log_is_brought_up_by_whoever_reads_it_first(tmp_path: Path) -> None:
    log = Log(tmp_path)
    older(log.path)
    [row] = log.store.page(Wanted(), limit=5).rows
    assert (row.request_id, row.cost_usd) == ("req_1", None)
    [group] = log.errors.groups()
    assert (group.state, group.unread_count) == (GroupState.OPEN, 4)
    log.queue.close()


def test_one_that_was_brought_up_has_what_a_new_one_has(tmp_path: Path) -> None:
    def shape(path: Path) -> dict[str, set[str]]:
        connection = open_log(path, now=0.0)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: {column[1] for column in connection.execute(f"PRAGMA table_info({name})")} for name in tables}
        indexes = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        connection.close()
        return found | {"indexes": indexes}

    older(tmp_path / "older.sqlite")
    assert shape(tmp_path / "older.sqlite") == shape(tmp_path / "new.sqlite")


def test_of_those_put_aside_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    for number in range(MOST_SET_ASIDE + 2):
        path.write_bytes(b"%d" % number)
        set_aside(path, now=float(number))
    assert sorted(each.read_bytes() for each in tmp_path.iterdir()) == [b"2", b"3", b"4"]


def test_reading_makes_nothing_and_tells_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    with reading(path) as connection:
        assert connection is None
    path.touch()
    with reading(path) as connection:
        assert connection is None  # one that is just being made
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LogUnusable), reading(path):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_its_place_is_no_reason_to_move_it(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        open_log(path, now=0.0)
    assert path.is_dir()
