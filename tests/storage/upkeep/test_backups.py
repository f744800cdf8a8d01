"""Backups."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.upkeep.backups import KEPT_BACKUPS, back_up
from codex_proxy.storage.upkeep.sqlite_files import look, make

NOW = 1_790_000_000.0
DAY_SECONDS = 86_400


def test_a_backup_is_one_whole_file_while_others_write(tmp_path: Path) -> None:
    path = tmp_path / "db"
    make(path, key_id="0011223344556677")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO marks VALUES ('kept', 1.0)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO marks VALUES ('under way', 1.0)")
        backup = back_up(path, now=NOW)
    assert backup == tmp_path / "backups" / "accounts-20260921T141320Z.sqlite"
    assert [each.name for each in backup.parent.iterdir()] == [backup.name]
    assert (stat.S_IMODE(backup.stat().st_mode), stat.S_IMODE(backup.parent.stat().st_mode)) == (0o600, 0o700)
    assert look(backup) == look(path)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT name FROM marks").fetchall() == [("kept",)]


def test_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "db"
    make(path, key_id="0011223344556677")
    backups = [back_up(path, now=NOW + day * DAY_SECONDS) for day in range(KEPT_BACKUPS + 2)]
    assert sorted((tmp_path / "backups").iterdir()) == backups[2:]


def test_what_cannot_be_backed_up_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnusable, match="no backup of db"):
        back_up(tmp_path / "db", now=NOW)
    assert list((tmp_path / "backups").iterdir()) == []
    with pytest.raises(StoreUnusable, match="no backup of db"):
        back_up(tmp_path / "nowhere" / "db", now=NOW)
