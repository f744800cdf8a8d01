"""``codex-proxy sealing``: the key that seals what is secret in the data directory."""

import os
from typing import Any

import typer

from codex_proxy.bootstrap.commands.rotating import rotate_sealing_key
from codex_proxy.bootstrap.process.running import run_until_done
from codex_proxy.bootstrap.run import ServeOptions, load
from codex_proxy.cli.running import ConfigFile, DataDir, out

sealing = typer.Typer(help="Change the key that seals what is kept.", no_args_is_help=True)


@sealing.callback()
def _group() -> None:
    """Change the key that seals what is kept."""


@sealing.command("rotate")
def rotate_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Seal tokens, keys and cookies with a new key and drop the old one; a gateway may go on meanwhile."""
    flags: dict[str, Any] = {}
    loaded = load(ServeOptions(flags=flags, data_dir=data_dir, config_file=config_file), os.environ)
    run_until_done(rotate_sealing_key(loaded, os.environ))
    out().print("everything is sealed with a new key", highlight=False)
