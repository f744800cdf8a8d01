"""``codex-proxy password``."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.access.password import asked_password
from codex_proxy.cli.app import main
from codex_proxy.operations.access.kept import KeptAdmin
from codex_proxy.storage.dashboard.admin_file import AdminFile
from codex_proxy.storage.sealing.sources import KeyFile


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def kept(data_dir: Path) -> KeptAdmin:
    return AdminFile(data_dir, KeyFile(data_dir)).load()


def test_a_password_on_standard_input_is_set_and_a_weak_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\nmore\n"))
    assert run("password", "set", "--data-dir", str(tmp_path)) == 0
    assert "the password is set" in capsys.readouterr().out
    password = kept(tmp_path).password
    assert password is not None
    assert password.digest.startswith("$argon2id$")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert run("password", "set", "--data-dir", str(tmp_path)) == 1
    assert "10 or more characters" in capsys.readouterr().err
    assert kept(tmp_path).password == password


def test_links_and_the_second_factor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("password", "link", "--data-dir", str(tmp_path)) == 0
    assert "/auth/setup#" in capsys.readouterr().out
    assert kept(tmp_path).link is not None
    assert run("password", "remove-totp", "--data-dir", str(tmp_path)) == 0
    assert "there was no second factor" in capsys.readouterr().out


def typed(*lines: str) -> str:
    """What a person at a terminal is taken to have typed."""
    controller, terminal = os.openpty()
    answered: list[str | Exception] = []

    def ask() -> None:
        with os.fdopen(terminal, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as stream:
            try:
                answered.append(asked_password(stream, prompted=lambda _: stream.readline().rstrip("\n")))
            except StartRefused as error:
                answered.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    os.write(controller, "".join(f"{line}\n" for line in lines).encode())
    asking.join(20)
    os.close(controller)
    (answer,) = answered
    if isinstance(answer, Exception):
        raise answer
    return answer


def test_at_a_terminal_it_is_typed_twice() -> None:
    assert typed("correct horse", "correct horse") == "correct horse"
    with pytest.raises(StartRefused, match="differ"):
        typed("correct horse", "correct house")
