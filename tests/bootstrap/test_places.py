"""Where data is kept."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.places import default_data_dir, usable_data_dir


def test_a_checkout_keeps_its_data_within(tmp_path: Path) -> None:
    (tmp_path / "src" / "codex_proxy").mkdir(parents=True)
    assert default_data_dir(tmp_path) != tmp_path / "data"
    (tmp_path / "pyproject.toml").write_text("")
    assert default_data_dir(tmp_path) == tmp_path / "data"


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    assert usable_data_dir(tmp_path / "new").is_dir()


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StartRefused, match="file"):
        usable_data_dir(tmp_path / "file" / "data")
