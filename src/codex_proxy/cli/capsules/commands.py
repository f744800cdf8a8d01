"""The commands of capsules: one is made by the gateway, and played again without one.

Rules of this file: a file that is there stays as it is.  A replay leaves with 0 where the same came out, with 1 where
something else did, and with 2 where the capsule cannot be played.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.process.running import run_until_done
from codex_proxy.cli.asking import Asked, Gateway, GatewayRefused
from codex_proxy.cli.running import (
    EXIT_FAILED,
    STANDARD,
    ConfigFile,
    DataDir,
    out,
    require_absent,
    run_on_gateway,
    write_private,
)
from codex_proxy.operations.capsules.capsule import MOST_BYTES, Capsule, CapsuleUnusable, read_capsule
from codex_proxy.operations.capsules.replay import replayed


def capsule_command(
    request_id: Annotated[str, typer.Argument(help="A request's id, as the answer's x-request-id told it.")],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="A file to make; - for standard output.")] = STANDARD,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Put what is known of a request into a file, without secrets; it still holds what the client wrote."""
    made: list[bytes] = []

    async def fetch(gateway: Gateway) -> bool:
        answer = await gateway.send(Asked(method="GET", path=f"/admin/logs/{quote(request_id, safe='')}/capsule"))
        made.append(answer.body)
        return True

    require_absent(output)
    run_on_gateway(fetch, data_dir, config_file)
    write_private(output, made[0])
    _warn(made[0])


def replay_command(
    file: Annotated[Path, typer.Argument(help="A capsule.")],
    *,
    told_as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Play a capsule again, on a gateway of its own over the simulator, and say whether the same comes of it.

    Leaves with 0 where it does, with 1 where something else comes of it, with 2 where it cannot be played.
    """
    capsule = _read(file)
    replaying = import_module("codex_proxy.cli.capsules.replaying")  # with the simulator, which others do without

    async def play() -> None:
        verdict = await replaying.replay(capsule)
        if told_as_json:
            out().print(replaying.as_json(verdict).decode(), markup=False, highlight=False)
        else:
            replaying.show(out(), capsule, verdict)
        if not verdict.same:
            raise typer.Exit(EXIT_FAILED)

    try:
        run_until_done(play())
    except (CapsuleUnusable, GatewayRefused) as error:
        raise StartRefused(f"{file}: {error}") from error


def add_capsule_commands(app: typer.Typer) -> None:
    """Add these commands to the program's."""
    app.command("capsule")(capsule_command)
    app.command("replay")(replay_command)


def _warn(content: bytes) -> None:
    """Say on standard error what keeps the capsule from being played."""
    try:
        replayed(read_capsule(content))
    except CapsuleUnusable as error:
        sys.stderr.write(f"codex-proxy: this capsule cannot be played again: {error}\n")


def _read(file: Path) -> Capsule:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise StartRefused(f"{file} is too large for a capsule")
        return read_capsule(file.read_bytes())
    except OSError as error:
        raise StartRefused(f"{file} cannot be read: {error.strerror}") from error
    except CapsuleUnusable as error:
        raise StartRefused(f"{file}: {error}") from error
