"""``codex-proxy sealing``."""

from pathlib import Path

import pytest

from codex_proxy.cli.app import main
from codex_proxy.operations.client_keys import INFERENCE_KEY_ID
from codex_proxy.storage.access_file import AccessFile
from codex_proxy.storage.sealing.sources import KeyFile

VARIABLE = "CODEX_PROXY_SECRET_KEY"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_everything_is_sealed_with_a_new_key_and_read_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--data-dir", str(tmp_path))
    assert run("vendors", "list", *place) == 0  # a first start makes the keys
    before = KeyFile(tmp_path).read()
    kept = AccessFile(tmp_path, KeyFile(tmp_path)).load()
    assert run("sealing", "rotate", *place) == 0
    assert "with a new key" in capsys.readouterr().out
    after = KeyFile(tmp_path).read()
    assert (len(before), len(after), before != after) == (1, 1, True)
    again = AccessFile(tmp_path, KeyFile(tmp_path)).load()
    assert kept is not None
    assert again is not None
    assert again.secret_of(INFERENCE_KEY_ID) == kept.secret_of(INFERENCE_KEY_ID)


def test_a_key_that_the_owner_gave_is_for_the_owner_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = KeyFile(tmp_path / "elsewhere")
    given.read()
    monkeypatch.setenv(VARIABLE, given.path.read_text())
    monkeypatch.setenv("CODEX_PROXY_STORAGE__KEY_SOURCE", "environment")
    assert run("sealing", "rotate", "--data-dir", str(tmp_path)) == 2
    assert f"{VARIABLE} is set from outside" in capsys.readouterr().err
