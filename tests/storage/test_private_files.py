"""Files for their owner alone."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codex_proxy.storage.private_files import create_private_file, make_private_directory, replace_private_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert create_private_file(path, b"first")
    assert not create_private_file(path, b"second")
    assert (path.read_bytes(), mode_of(path)) == (b"first", 0o600)
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208 - hidden files count too


def test_of_many_makers_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    contents = [f"{number}".encode() * 1000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda content: create_private_file(path, content), contents))
    assert sum(made) == 1
    assert path.read_bytes() == contents[made.index(True)]


def test_a_new_content_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    replace_private_file(path, b"old")
    replace_private_file(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    make_private_directory(path)
    make_private_directory(path)
    assert mode_of(path) == 0o700


def test_a_file_in_the_directorys_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        make_private_directory(tmp_path / "file")
