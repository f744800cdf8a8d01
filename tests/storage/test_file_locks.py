"""Locks between processes."""

import os
import stat
import threading
from pathlib import Path

import pytest

from codex_proxy.storage.file_locks import FileLock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.lock"
    holder, other = FileLock(path), FileLock(path)
    assert holder.try_take()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert not other.try_take()
    holder.free()
    assert other.try_take()
    other.free()
    assert not path.exists()


def test_freeing_what_is_not_held_takes_it_from_nobody(tmp_path: Path) -> None:
    holder, other = FileLock(tmp_path / "a"), FileLock(tmp_path / "a")
    assert holder.try_take()
    other.free()
    assert not other.try_take()
    holder.free()
    holder.free()


def test_a_lock_on_a_removed_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a"
    late = os.open(path, os.O_RDWR | os.O_CREAT)  # what a waiter opened before the holder removed it
    holder = FileLock(path)
    assert holder.try_take()
    path.unlink()
    assert FileLock(path).try_take()
    os.close(late)
    holder.free()


def test_waiters_come_one_after_another(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with FileLock(tmp_path / "a").held():
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80


def test_a_place_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        FileLock(tmp_path / "file" / "a").try_take()
