"""A terminal on a data directory on which no gateway runs."""

from pathlib import Path

from typer.testing import CliRunner, Result

from codex_proxy.cli.app import app


def run(data_dir: Path, *arguments: str) -> Result:
    """What a command below ``settings`` does."""
    return CliRunner().invoke(app, ["settings", *arguments, "--data-dir", str(data_dir)], env={"COLUMNS": "200"})


def lines(data_dir: Path, *arguments: str) -> list[str]:
    """What it shows where all is well."""
    result = run(data_dir, *arguments)
    assert (result.exit_code, result.exception) == (0, None), result.output
    return result.stdout.splitlines()
