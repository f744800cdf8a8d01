"""How a command runs: its work on a gateway, and the files it reads and makes.

Rules of this file: exit code 1 where something did not come through; a file with credentials is made for its owner
alone, and one that is there stays as it is.
"""

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_type_hints

import typer
from rich.console import Console

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.process.running import run_until_done
from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.reaching import Work, with_gateway
from codex_proxy.cli.terminal.console import console

Options = TypeVar("Options")

EXIT_FAILED: Final = 1
STANDARD: Final = "-"
PRIVATE_MODE: Final = 0o600

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where keys and state are kept.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A configuration file instead of local.yaml.")]


def run_on_gateway(work: Work, data_dir: Path | None, config_file: Path | None) -> None:
    """Do this work with a gateway on the data directory; leaves with ``EXIT_FAILED`` where it did not go well."""
    flags: dict[str, Any] = {}
    options = ServeOptions(flags=flags, data_dir=data_dir, config_file=config_file)
    ended: list[bool] = []

    async def run() -> None:
        ended.append(await with_gateway(options, os.environ, work))

    run_until_done(run())
    if ended != [True]:
        raise typer.Exit(EXIT_FAILED)


def taking(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """For a command with many arguments: it takes the fields of a dataclass, and gets them as one value."""

    def wrap(command: Callable[[Options], None]) -> Callable[..., None]:
        def run(**told: Any) -> None:
            command(options(**told))

        run.__signature__ = inspect.signature(options)  # type: ignore[attr-defined]
        run.__annotations__ = get_type_hints(options, include_extras=True)
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return wrap


def out() -> Console:
    """Where results are shown."""
    return console()


def read_file(file: str) -> bytes:
    """A file's content, or what comes on standard input; raises ``StartRefused``."""
    try:
        return sys.stdin.buffer.read() if file == STANDARD else Path(file).read_bytes()
    except OSError as error:
        raise StartRefused(f"{file} cannot be read: {error.strerror}") from error


def require_absent(file: str) -> None:
    """See to it that a file can be made; raises ``StartRefused``."""
    if file != STANDARD and Path(file).exists():
        raise StartRefused(f"{file} is there already and stays as it is; name another one")


def write_private(file: str, content: bytes) -> None:
    """Make a file that only its owner may read, or write to standard output; raises ``StartRefused``."""
    if file == STANDARD:
        sys.stdout.buffer.write(content + b"\n")
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        with os.fdopen(descriptor, "wb") as made:
            made.write(content)
    except OSError as error:
        raise StartRefused(f"{file} cannot be written: {error.strerror}") from error
