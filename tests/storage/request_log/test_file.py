"""The log's file."""

import sqlite3
from pathlib import Path

import pytest

from codex_proxy.operations.request_log.store import LogUnusable
from codex_proxy.storage.request_log.file import LOG_FILE, MOST_SET_ASIDE, open_log, reading, set_aside
from codex_proxy.storage.request_log.writing import Batch
from tests.operations.request_log.samples import items, redact


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
