"""``codex-proxy settings``: ``list``, ``get``, ``set``, ``unset``, ``undo`` and ``history``.

Rules of this file: arguments in, work done elsewhere; through the gateway that runs, or on the file where none does.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from codex_proxy.bootstrap.process.running import run_until_done
from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.asking import Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out
from codex_proxy.cli.settings import work
from codex_proxy.cli.settings.reaching import settings_reached

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Key = Annotated[str, typer.Argument(help="A key such as auth.rotation_strategy.")]

settings = typer.Typer(help="Look at settings and change them.", no_args_is_help=True)


@settings.command("list")
def list_command(
    prefix: Annotated[str, typer.Argument(help="What keys begin with; all without it.")] = "",
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only keys that somebody set.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Every key with its value, who set it and when a change of it counts."""
    _run(
        lambda gateway: work.list_settings(gateway, out(), prefix=prefix, changed=changed, as_json=as_json),
        data_dir,
        config_file,
    )


@settings.command("get")
def get_command(key: Key, *, as_json: AsJson = False, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """One key's value; a secret is not shown."""
    _run(lambda gateway: work.get_setting(gateway, out(), key, as_json=as_json), data_dir, config_file)


@settings.command("set", context_settings={"ignore_unknown_options": True})
def set_command(
    key: Key,
    value: Annotated[str, typer.Argument(help="Text as it is; numbers, lists, maps, true and null as JSON.")],
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Change a key; the file keeps it."""
    _run(lambda gateway: work.set_setting(gateway, out(), key, value), data_dir, config_file)


@settings.command("unset")
def unset_command(
    keys: Annotated[list[str], typer.Argument(help="Keys such as auth.rotation_strategy.")],
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Take keys out of the file, so that the default holds again."""
    _run(lambda gateway: work.unset_settings(gateway, out(), keys), data_dir, config_file)


@settings.command("undo")
def undo_command(
    number: Annotated[int | None, typer.Argument(help="A revision's number; the newest without it.")] = None,
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Take a change back."""
    _run(lambda gateway: work.undo_setting(gateway, out(), number), data_dir, config_file)


@settings.command("history")
def history_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """What was changed, newest first."""
    _run(lambda gateway: work.show_history(gateway, out()), data_dir, config_file)


def _run(do: Callable[[Gateway], Awaitable[None]], data_dir: Path | None, config_file: Path | None) -> None:
    flags: dict[str, Any] = {}
    options = ServeOptions(flags=flags, data_dir=data_dir, config_file=config_file)

    async def run() -> None:
        async with settings_reached(options, os.environ) as gateway:
            await do(gateway)

    run_until_done(run())
