"""The former version on disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from codex_proxy.operations.updates.own.updater import Former, NotUpdated
from codex_proxy.storage.identity.update_file import FORMER_FILE, FormerFile, UpdateFileLock

FORMER = Former(version="0.1.0", replaced_by="0.2.0", replaced_at=1.0)


def test_it_is_kept_until_it_was_gone_back_to(tmp_path: Path) -> None:
    file = FormerFile(tmp_path)
    assert file.load() is None
    file.keep(FORMER)
    assert FormerFile(tmp_path).load() == FORMER
    file.keep(None)
    file.keep(None)
    assert file.load() is None


def test_what_cannot_be_read_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FORMER_FILE
    path.write_text("[]")
    with pytest.raises(NotUpdated, match="something else"):
        FormerFile(tmp_path).load()
    assert path.read_text() == "[]"


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotUpdated, match="written"):
        FormerFile(tmp_path / "gone").keep(FORMER)


def test_while_another_process_installs_none_else_does(tmp_path: Path) -> None:
    lock = UpdateFileLock(tmp_path)
    other = (
        "import sys; from pathlib import Path; from codex_proxy.storage.identity.update_file import UpdateFileLock; "
        "lock = UpdateFileLock(Path(sys.argv[1])); print(lock.try_take(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", other, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert not lock.try_take()
        process.communicate()  # it ends without giving the lock back
    assert lock.try_take()
    assert not UpdateFileLock(tmp_path).try_take()
    lock.free()
    assert UpdateFileLock(tmp_path).try_take()


def test_a_lock_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("a file")
    with pytest.raises(NotUpdated, match="cannot be locked"):
        UpdateFileLock(place).try_take()
