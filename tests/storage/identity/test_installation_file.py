"""The id of this installation."""

from pathlib import Path

from codex_proxy.storage.identity.installation_file import INSTALLATION_FILE, installation_id

FIRST = "00000000-0000-4000-8000-000000000001"
SECOND = "00000000-0000-4000-8000-000000000002"


def test_the_first_id_stays(tmp_path: Path) -> None:
    assert installation_id(tmp_path, FIRST) == FIRST
    assert installation_id(tmp_path, SECOND) == FIRST


def test_an_illegible_id_is_not_used(tmp_path: Path) -> None:
    (tmp_path / INSTALLATION_FILE).write_text("hello")
    assert installation_id(tmp_path, SECOND) == SECOND
