"""Store files before they are opened."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.engines import plain_sqlite
from codex_proxy.storage.upkeep.revisions import steps_left
from codex_proxy.storage.upkeep.sqlite_files import Look, Unreadable, beside, look, make, make_private, update

KEY_ID = "0011223344556677"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_store_is_whole_when_it_gets_its_name(tmp_path: Path) -> None:
    path = tmp_path / "db"
    assert look(path) is None
    make(path, key_id=KEY_ID)
    assert list(files_in(tmp_path)) == ["db"]
    assert look(path) == Look(steps=(), key_id=KEY_ID)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_who_comes_second_takes_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "db"
    make(path, key_id=KEY_ID)
    before = path.read_bytes()
    make(path, key_id="ffffffffffffffff")
    assert path.read_bytes() == before


def test_looking_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "db"
    make(path, key_id=KEY_ID)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO marks VALUES ('x', 1.0)")
        connection.commit()
        wal = beside(path, "-wal").read_bytes()
    assert not beside(path, "-wal").exists()
    beside(path, "-wal").write_bytes(wal)  # as a killed process leaves it
    before = files_in(tmp_path)
    assert look(path) is not None
    after = files_in(tmp_path)
    assert {name: after[name] for name in before} == before


def test_a_store_that_somebody_keeps_locked_is_no_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "db"
    make(path, key_id=KEY_ID)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnusable, match="locked by another process"):
            look(path, patience_ms=1)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3", b"SQLite format 3\0", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_store_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "db").write_bytes(content)
    with pytest.raises(Unreadable, match="db cannot be used"):
        look(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == content


def test_a_schema_without_steps_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    update(path)
    engine = plain_sqlite(path, read_only=True)
    with engine.connect() as connection_after:
        assert steps_left(connection_after) == ()
    engine.dispose()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="db cannot be made"):
        make(tmp_path / "nowhere" / "db", key_id=KEY_ID)


def test_modes_are_narrowed_for_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch(0o644)
    beside(path, "-shm").touch(0o644)
    make_private(path)
    assert [each.stat().st_mode & 0o777 for each in sorted(tmp_path.iterdir())] == [0o600, 0o600]
