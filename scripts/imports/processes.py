"""The programs that are looked at, each a process of its own, started as anybody would start them.

Rules of this file: only loopback, files in a folder that is thrown away, an environment that names nothing else.
"""

import asyncio
import contextlib
import os
import pty
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from codex_proxy.bootstrap.simulated import simulated_urls

KEY = "a-key-of-the-owners-choice"
COLUMNS = 100
STOP_SECONDS = 20
_INHERITED = frozenset({"PATH", "PYTHONPATH"})


class DidNotStart(Exception):
    """A program ended before it listened."""


def gateway_environ(base_url: str, folder: Path) -> dict[str, str]:
    """The environment of a gateway over a simulated backend that asks its accounts one after the other."""
    urls = simulated_urls(base_url)
    told = {
        "SERVER__PROXY_API_KEY": KEY,
        "API__BASE_URL": base_url,
        "AUTH__ROTATION_STRATEGY": "round_robin",
        "AUTH__OAUTH_AUTH_ENDPOINT": urls.authorize,
        "AUTH__OAUTH_TOKEN_ENDPOINT": urls.token,
        "UPDATE__FEED_URL": urls.feed,
        "SERVER__STOP_GRACE_SECONDS": "0.2",
    }
    return {f"CODEX_PROXY_{name}": value for name, value in told.items()} | {"HOME": str(folder)}


@contextlib.asynccontextmanager
async def started(*arguments: str, environ: Mapping[str, str]) -> AsyncIterator[str]:
    """A program that serves while the block runs; yields the URL at the end of the line that says so.

    Raises:
        DidNotStart: see there.
    """
    process = await asyncio.create_subprocess_exec(
        *_command(arguments), env=_environ(environ), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        line = b"" if process.stdout is None else await process.stdout.readline()
        if not line.strip():
            raise DidNotStart(f"{' '.join(arguments)} ended before it listened")
        yield line.decode().split()[-1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()


async def on_terminal(*arguments: str, environ: Mapping[str, str], read: Callable[[str], None]) -> int:
    """Run a command on a terminal of its own and tell ``read`` what appears on it; the command's exit code."""
    ours, its = pty.openpty()
    loop, let_go = asyncio.get_running_loop(), asyncio.Event()

    def readable() -> None:
        try:
            told = os.read(ours, 65_536)
        except OSError:  # Linux: the last one that held the other end let go
            told = b""
        if told:
            read(told.decode(errors="replace"))
        else:
            loop.remove_reader(ours)
            let_go.set()

    loop.add_reader(ours, readable)
    shown = {**environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    try:
        process = await asyncio.create_subprocess_exec(
            *_command(arguments), env=_environ(shown), stdin=its, stdout=its, stderr=its
        )
        os.close(its)
        code = await process.wait()
        await let_go.wait()
    finally:
        loop.remove_reader(ours)
        os.close(ours)
    return code


def _command(arguments: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-m", "codex_proxy", *arguments)


def _environ(told: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _INHERITED} | dict(told)
