"""The former version on disk."""

from pathlib import Path

import pytest

from codex_proxy.operations.updates.own.updater import Former, NotUpdated
from codex_proxy.storage.identity.update_file import FORMER_FILE, FormerFile

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
