"""How a command runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.running import out, read_file, require_absent, taking, write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Many arguments."""

    name: Annotated[str, typer.Argument(help="A name.")]
    loud: Annotated[bool, typer.Option("--loud")] = False
    words: Annotated[list[str] | None, typer.Option("--word")] = None


def test_a_command_with_many_arguments_gets_them_as_one_value() -> None:
    taken: list[Options] = []
    program = typer.Typer()

    @program.command()
    @taking(Options)
    def greet(options: Options) -> None:
        """Say hello."""
        taken.append(options)

    result = CliRunner().invoke(program, ["me", "--loud", "--word", "a", "--word", "b"])
    assert result.exit_code == 0, result.output
    assert taken == [Options(name="me", loud=True, words=["a", "b"])]
    assert CliRunner().invoke(program, []).exit_code == 2
    assert "Say hello." in CliRunner().invoke(program, ["--help"]).stdout


def test_files_are_made_for_their_owner_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "secret.json"
    require_absent(str(file))
    write_private(str(file), b"s")
    assert (read_file(str(file)), file.stat().st_mode & 0o777) == (b"s", 0o600)
    with pytest.raises(StartRefused, match="stays as it is"):
        require_absent(str(file))
    with pytest.raises(StartRefused, match="cannot be written"):
        write_private(str(file), b"t")
    assert file.read_bytes() == b"s"
    require_absent("-")
    with pytest.raises(StartRefused, match="cannot be read"):
        read_file(str(tmp_path / "none"))


def test_results_are_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    out().print("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"
