"""The owner's file, changed and otherwise left alone."""

import stat
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.operations.ollama_bridge import SettingsKeeper, SettingsNotKept
from codex_proxy.settings.layers import file_layer
from codex_proxy.storage.local_settings import LocalSettings

OWNERS = """\
# my gateway
server:
  port: 9000  # mine

model:
  aliases: {small: "gpt-5.4-mini"}
ollama:
  # not yet
  enabled: false
  host: '127.0.0.1'   # at home
"""


def kept(path: Path, **values: Any) -> str:
    keeper: SettingsKeeper = LocalSettings(path)
    keeper.keep({f"ollama.{name}": value for name, value in values.items()})
    return path.read_text()


def read(path: Path) -> dict[str, Any]:
    return {name: found.value for name, found in file_layer(path).items()}


def test_a_missing_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    assert kept(path, enabled=True, port=11435, version="0.20") == (
        "ollama:\n  enabled: true\n  port: 11435\n  version: '0.20'\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path) == {"ollama.enabled": True, "ollama.port": 11435, "ollama.version": "0.20"}


def test_everything_else_stays_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_text(OWNERS)
    path.chmod(0o644)
    changed = kept(path, enabled=True, port=11435)
    assert changed == OWNERS.replace("enabled: false", "enabled: true") + "  port: 11435\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "ollama:\n  port: 1\n"),
        ("# nothing yet\n\n# at all", "# nothing yet\n# at all\nollama:\n  port: 1\n"),
        ("null\n", "ollama:\n  port: 1\n"),
        ("ollama:\n", "ollama:\n  port: 1\n"),
        ("ollama: {port: 2}  # flow\n", "ollama: {port: 1}  # flow\n"),
        ("server:\n  port: 1\n", "server:\n  port: 1\nollama:\n  port: 1\n"),
    ],
)
def test_sections_of_every_kind(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "local.yaml"
    path.write_text(before)
    assert kept(path, port=1) == after


def test_nothing_to_keep_touches_nothing(tmp_path: Path) -> None:
    LocalSettings(tmp_path / "local.yaml").keep({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"a: [1\n", b"- 1\n", b"ollama: 5\n", b"a: 1\na: 2\n", b"\xff\xfe", b"ollama: [1]\n"]
)
def test_a_file_that_cannot_be_understood_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "local.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsNotKept, match=r"local\.yaml"):
        LocalSettings(path).keep({"ollama.port": 1})
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsNotKept, match="cannot be written: No such file or directory"):
        LocalSettings(tmp_path / "gone" / "local.yaml").keep({"ollama.port": 1})
    (tmp_path / "local.yaml").mkdir()
    with pytest.raises(SettingsNotKept, match="cannot be read: Is a directory"):
        LocalSettings(tmp_path / "local.yaml").keep({"ollama.port": 1})
