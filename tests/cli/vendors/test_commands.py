"""The commands with their arguments, against a gateway on a socket and without one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codex_proxy.cli.app import app
from tests.cli.gatehouse import listening
from tests.cli.vendors.house import House
from tests.operations.vendor_keys.stage import replied
from tests.operations.vendor_keys.test_transfer import YAML
from tests.vendors.samples import SECRET


class Shell:
    """A terminal in front of a gateway, if one runs on the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._given = ["--data-dir", str(data_dir)]

    def run(self, *arguments: str, typed: str | bytes | None = None, **environ: str) -> Result:
        command = ["vendors", *arguments[:1], *self._given, *arguments[1:]]
        return CliRunner().invoke(app, command, input=typed, env={"COLUMNS": "200", **environ})

    def lines(self, *arguments: str, typed: str | bytes | None = None, **environ: str) -> list[str]:
        """What it shows where all is well."""
        result = self.run(*arguments, typed=typed, **environ)
        assert (result.exit_code, result.exception) == (0, None), result.output
        return result.stdout.splitlines()


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def shell(house: House, tmp_path: Path) -> Iterator[Shell]:
    with listening(house, tmp_path):
        yield Shell(tmp_path)


def test_a_key_comes_by_standard_input_or_a_named_variable(shell: Shell, house: House) -> None:
    added = shell.lines("add", "openai", "--model", "a", "-m", "b", "--label", "mine", typed=f"{SECRET}\n")
    assert added == ["key 0000000000000001: 2 new, 0 known already"]
    shell.lines("add", "openai", "--wire", "responses", "--can", "images", "--key-env", "OPENAI", OPENAI="another-key")
    first, second = house.stage.book.all_keys()
    assert (first.secret, first.label, [model.id for model in first.models]) == (SECRET, "mine", ["a", "b"])
    assert (second.secret, second.wire.value) == ("another-key", "responses")
    assert "is not set" in str(shell.run("add", "openai", "--key-env", "OPENAI").exception)
    local = ("add", "custom", "--base-url", "http://127.0.0.1:1/v1", "--allow-private")
    assert "apiKey: it is missing" in str(shell.run(*local, typed="").exception)
    assert shell.lines("add", "local", "--no-key", "-m", "llama")


def test_keys_are_looked_at_and_changed(shell: Shell, house: House) -> None:
    house.stage.transport.add(replied(b'{"data":[{"id":"gpt"}]}'))
    shell.lines("add", "openai", "--all-models", typed=SECRET)
    assert "openai" in shell.lines("list")[1]
    assert "gpt" in shell.lines("models", "openai")[1]
    assert json.loads("\n".join(shell.lines("list", "--json")))["keys"][0]["model"] == "gpt"
    assert shell.lines("disable", "openai") == ["disabled: 1"]
    assert shell.lines("enable", "openai") == ["enabled: 1"]
    assert shell.run("remove", "openai", typed="n\n").exit_code == 1
    assert shell.lines("remove", "openai", "--yes") == ["removed: 1"]
    assert shell.lines("list") == ["no vendor key yet; add one with: codex-proxy vendors add VENDOR"]


def test_keys_go_into_a_file_for_their_owner_alone_and_come_from_one(shell: Shell, tmp_path: Path) -> None:
    file, backup = tmp_path / "keys.yaml", tmp_path / "backup.json"
    file.write_bytes(YAML)
    assert shell.run("import", str(file)).exit_code == 1
    assert shell.lines("export", str(backup)) == []
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [row["apiKey"] for row in json.loads(backup.read_text())["keys"]] == ["sk-yaml", "sk-yaml"]
    assert shell.lines("import", "-", typed=backup.read_bytes()) == ["added 0, updated 2, failed 0"]
    assert "stays as it is" in str(shell.run("export", str(backup)).exception)


def test_without_a_gateway_the_store_itself_is_opened(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    catalogue = CliRunner().invoke(app, ["vendors", "--data-dir", str(tmp_path)], env={"COLUMNS": "200"})
    assert "openai" in catalogue.stdout
    shell.lines("add", "openai", "-m", "gpt", typed=SECRET)
    assert "gpt" in shell.lines("list")[1]


def test_no_key_is_an_argument() -> None:
    told = CliRunner().invoke(app, ["vendors", "add", "--help"], env={"COLUMNS": "200"}).stdout
    assert "--key-env" in told
    assert "--key " not in told
    commands = CliRunner().invoke(app, ["vendors", "--help"], env={"COLUMNS": "200"}).stdout
    for command in ("list", "add", "models", "remove", "enable", "disable", "import", "export"):
        assert command in commands


def test_options_before_the_command_are_refused_since_they_would_be_of_no_effect(tmp_path: Path) -> None:
    for options in (["--data-dir", str(tmp_path)], ["--json"]):
        result = CliRunner().invoke(app, ["vendors", *options, "list"], env={"COLUMNS": "200"})
        assert result.exit_code == 2
        assert "behind the command" in result.output
    assert list(tmp_path.iterdir()) == []
