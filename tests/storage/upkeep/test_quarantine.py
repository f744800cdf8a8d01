"""Copies of what cannot be used."""

import stat
from pathlib import Path

import pytest

from codex_proxy.storage.upkeep.quarantine import quarantine

NOW = 1_790_000_000.0


def test_the_copy_has_every_byte_and_the_original_stays(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"half a store")
    (tmp_path / "db-wal").write_bytes(b"what came last")
    copy = quarantine(path, now=NOW)
    assert copy.name == "db.corrupt-2026-09-21T14-13-20Z.bak"
    assert (copy.read_bytes(), path.read_bytes()) == (b"half a store", b"half a store")
    assert Path(f"{copy}-wal").read_bytes() == b"what came last"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_what_did_not_change_is_not_copied_again(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"half a store")
    first = quarantine(path, now=NOW)
    assert quarantine(path, now=NOW + 60) == first
    (tmp_path / "db-wal").write_bytes(b"more")
    second = quarantine(path, now=NOW + 120)
    assert second != first
    path.write_bytes(b"other bytes")
    assert len({first, second, quarantine(path, now=NOW + 180)}) == 3


def test_a_wal_alone_is_copied_once(tmp_path: Path) -> None:
    (tmp_path / "db-wal").write_bytes(b"what came last")
    copy = quarantine(tmp_path / "db", now=NOW)
    assert (copy.name, copy.read_bytes()) == ("db.corrupt-2026-09-21T14-13-20Z.bak-wal", b"what came last")
    assert quarantine(tmp_path / "db", now=NOW + 60) == copy


def test_what_cannot_be_read_cannot_be_copied(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with pytest.raises(OSError, match="db"):
        quarantine(tmp_path / "db", now=NOW)
