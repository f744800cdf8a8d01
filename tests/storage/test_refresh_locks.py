"""Refresh locks on files; what all kinds keep to is in the contract suite."""

from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.refresh_locks import FileRefreshLocks


async def test_a_lock_is_a_file_while_it_is_held(tmp_path: Path) -> None:
    async with FileRefreshLocks(tmp_path / ".locks").hold("0123456789abcdef", wait_seconds=0.0):
        assert [path.name for path in (tmp_path / ".locks").iterdir()] == ["refresh-0123456789abcdef.lock"]
    assert list((tmp_path / ".locks").iterdir()) == []


@pytest.mark.parametrize("row_id", ["", "../a", "a/b", "a" * 65])
async def test_an_id_that_is_no_name_is_refused(tmp_path: Path, row_id: str) -> None:
    with pytest.raises(ValueError, match="row_id"):
        await FileRefreshLocks(tmp_path).hold(row_id, wait_seconds=0.0).__aenter__()


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable, match="refresh lock"):
        await FileRefreshLocks(tmp_path / "file").hold("a", wait_seconds=0.0).__aenter__()
