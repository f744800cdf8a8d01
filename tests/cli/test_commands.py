"""The commands with their arguments, against a gateway on a socket."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codex_proxy.cli.app import app
from codex_proxy.cli.asking import Gateway, GatewayRefused, remote_plane
from codex_proxy.cli.commands import typed_lines
from tests.cli.gatehouse import Gatehouse, listening
from tests.operations.accounts.household import A, B, limits, person
from tests.operations.login.stage import grant, token
from tests.operations.quota.stand_ins import reply


class Shell:
    """A terminal in front of a gateway."""

    def __init__(self, gatehouse: Gatehouse, data_dir: Path, url: str) -> None:
        self.gatehouse = gatehouse
        self.url = url
        self._data_dir = data_dir

    def run(self, *arguments: str, typed: str | bytes | None = None) -> Result:
        given = ["--data-dir", str(self._data_dir)]
        command = [*arguments[:2], *given, *arguments[2:]] if arguments[0] == "accounts" else [*arguments, *given]
        return CliRunner().invoke(app, command, input=typed, env={"COLUMNS": "200"})

    def lines(self, *arguments: str, typed: str | bytes | None = None) -> list[str]:
        """What it shows where all is well."""
        result = self.run(*arguments, typed=typed)
        assert (result.exit_code, result.exception) == (0, None), result.output
        return result.stdout.splitlines()

    def ids(self) -> list[str]:
        told = json.loads("\n".join(self.lines("accounts", "list", "--json")))
        return [account["id"] for account in told["accounts"]]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    gatehouse = Gatehouse()
    with listening(gatehouse, tmp_path) as url:
        yield Shell(gatehouse, tmp_path, url)


def test_accounts_come_in_and_go_out(shell: Shell, tmp_path: Path) -> None:
    file, backup = tmp_path / "accounts.json", tmp_path / "backup.json"
    file.write_text(json.dumps([{"token": token(person(A)), "refreshToken": "rt_" + "x" * 40, "label": "mine"}]))
    assert "add" in shell.lines("accounts", "import", str(file), "--preview")[1]
    assert shell.lines("accounts", "import", str(file)) == ["added 1, updated 0, skipped 0, failed 0"]
    assert shell.lines("accounts", "import", "-", typed=token(person(B)).encode())[0].startswith("added 1")
    assert shell.lines("accounts", "export", str(backup)) == []
    assert backup.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(backup.read_text())["accounts"]) == 2
    (shown,) = shell.lines("accounts", "export", "-", "mine", "--format", "minimal")
    assert json.loads(shown) == {"accounts": [{"refreshToken": "rt_" + "x" * 40, "label": "mine"}]}


def test_a_file_that_is_there_stays_as_it_is(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    file.write_text("precious")
    result = shell.run("accounts", "export", str(file))
    assert "stays as it is" in str(result.exception)
    assert file.read_text() == "precious"


def test_files_that_cannot_be_read_or_written_are_one_sentence(shell: Shell, tmp_path: Path) -> None:
    for arguments in (("import", str(tmp_path / "none")), ("export", str(tmp_path / "none" / "file"))):
        result = shell.run("accounts", *arguments)
        assert "No such file or directory" in str(result.exception)


def test_accounts_are_changed(shell: Shell) -> None:
    shell.lines("accounts", "import", "-", typed=token(person(A)).encode())
    (row_id,) = shell.ids()
    assert shell.lines("accounts", "disable", row_id) == ["disabled: 1"]
    assert "disabled" in shell.lines("accounts", "list")[1]
    assert shell.lines("accounts", "enable", "aaaa@example.invalid") == ["enabled: 1"]
    shell.gatehouse.house.transport.add(reply(limits(1)))
    assert "alive" in shell.lines("accounts", "refresh")[1]
    assert shell.run("accounts", "remove", row_id, typed="n\n").exit_code == 1
    unknown = shell.run("accounts", "remove", row_id, "nobody", typed="y\n")
    assert "there is no account nobody" in str(unknown.exception)
    assert "Remove" not in unknown.output, "nobody is asked about what is not there"
    assert shell.ids() == [row_id]
    assert shell.lines("accounts", "remove", row_id, "--yes") == ["removed: 1"]
    assert shell.ids() == []
    shell.lines("accounts", "import", "-", typed=token(person(B)).encode())
    asked = shell.lines("accounts", "remove", "bbbb@example.invalid", typed="y\n")
    assert asked[-1].endswith("removed: 1")
    assert shell.ids() == []


def test_what_did_not_come_through_is_exit_code_1(shell: Shell) -> None:
    assert shell.run("accounts", "import", "-", typed=b"no-token").exit_code == 1
    assert isinstance(shell.run("accounts", "enable", "nobody").exception, GatewayRefused)
    assert isinstance(shell.run("explain", "req_1").exception, GatewayRefused)


def test_a_route_is_explained_from_files_where_no_gateway_runs(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("model:\n  aliases: {mine: gpt-5.5-high}\n")
    here = ["--data-dir", str(tmp_path)]
    result = CliRunner().invoke(app, ["route", "mine", *here], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "ends at the ChatGPT accounts: gpt-5.5, effort high" in result.stdout.splitlines()
    assert CliRunner().invoke(app, ["route", "llama-9", *here], env={"COLUMNS": "200"}).exit_code == 1


def test_a_login_of_the_dashboard_is_finished_by_its_pasted_address(shell: Shell) -> None:
    shell.gatehouse.house.issuer.grants.append(grant(person(A)))

    async def begin() -> str:
        async with remote_plane(shell.url) as plane:
            begun = await Gateway(plane, token="boss").ask("POST", "/auth/login-start")
            return str(begun["state"])

    address = f"http://127.0.0.1:1455/auth/callback?code=c&state={asyncio.run(begin())}"
    assert shell.lines("login", "--paste", address) == ["logged in: aaaa@example.invalid (plus)"]
    refused = shell.run("login", "--paste", "http://127.0.0.1:1455/auth/callback?code=c&state=other")
    assert "no login of this name" in str(refused.exception)


@pytest.mark.parametrize(
    "ways",
    [
        ("--device", "--codex-cli"),
        ("--paste", "x", "--device"),
        ("--follow",),
        ("--account", "x", "--codex-cli"),
        ("--account", "x", "--paste", "y"),
    ],
)
def test_a_login_goes_one_way(shell: Shell, ways: tuple[str, ...]) -> None:
    assert shell.run("login", *ways).exit_code == 2


def test_an_account_that_is_not_there_does_not_log_in_again(shell: Shell) -> None:
    refused = shell.run("login", "--device", "--account", "nobody")
    assert "there is no account nobody" in str(refused.exception)


async def test_nobody_types_where_there_is_no_terminal() -> None:
    assert [line async for line in typed_lines()] == []


async def test_lines_are_taken_as_they_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, b"one\ntwo\n")
        lines = typed_lines()
        assert [await anext(lines), await anext(lines)] == ["one\n", "two\n"]
        await lines.aclose()
    os.close(ours)


def test_help_says_what_there_is() -> None:
    told = CliRunner().invoke(app, ["accounts", "--help"], env={"COLUMNS": "200"}).stdout
    for command in ("list", "import", "export", "remove", "refresh", "enable", "disable"):
        assert command in told
