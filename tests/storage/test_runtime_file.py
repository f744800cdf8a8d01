"""Where a running gateway can be spoken to."""

import stat
from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.runtime_file import Runtime, RuntimeFile

FIRST = Runtime(url="http://127.0.0.1:8080", token="secret-1")
SECOND = Runtime(url="http://127.0.0.1:8081", token="secret-2")


def test_a_running_gateway_is_found_and_one_that_stopped_is_not(tmp_path: Path) -> None:
    assert RuntimeFile(tmp_path).running() is None
    with RuntimeFile(tmp_path).announced(FIRST) as ours:
        assert ours
        assert stat.S_IMODE((tmp_path / "runtime.json").stat().st_mode) == 0o600
        assert RuntimeFile(tmp_path).running() == FIRST
    assert RuntimeFile(tmp_path).running() is None
    assert not (tmp_path / "runtime.json").exists()


def test_a_second_gateway_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    with RuntimeFile(tmp_path).announced(FIRST):
        with RuntimeFile(tmp_path).announced(SECOND) as ours:
            assert not ours
        assert RuntimeFile(tmp_path).running() == FIRST


def test_what_a_dead_gateway_left_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "runtime.json").write_text('{"url": "http://127.0.0.1:1", "token": "stale"}')
    assert RuntimeFile(tmp_path).running() is None
    with RuntimeFile(tmp_path).announced(FIRST):
        assert RuntimeFile(tmp_path).running() == FIRST


def test_a_running_gateway_that_cannot_be_found_is_told(tmp_path: Path) -> None:
    with RuntimeFile(tmp_path).announced(FIRST):
        (tmp_path / "runtime.json").write_text("{")
        with pytest.raises(StoreUnusable, match=r"runtime\.json"):
            RuntimeFile(tmp_path).running()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "runtime.json").mkdir()
    with pytest.raises(StoreUnusable, match=r"runtime\.json"):
        RuntimeFile(tmp_path).announced(FIRST).__enter__()
    (tmp_path / "runtime.json").rmdir()
    with RuntimeFile(tmp_path).announced(FIRST) as ours:
        assert ours


def test_the_token_does_not_show() -> None:
    assert "secret" not in repr(FIRST)
