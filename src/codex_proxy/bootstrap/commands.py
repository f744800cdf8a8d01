"""Where a command of the owner's finds a control plane: in the gateway that runs on the data directory, or here.

Rules of this file: what a command does is done by the operations of one gateway, wherever that is; one that is put
together here listens on no port but the one that a login needs, and ends with the command.  Source: decisions, 6.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from codex_proxy.bootstrap.announcing import Announced, find_running
from codex_proxy.bootstrap.run import ServeOptions, assembled, load
from codex_proxy.server.asgi import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A gateway put together in this process; ``token`` is an admin key of its."""

    application: Application
    token: str

    def __repr__(self) -> str:
        return "Within(...)"


Reached: TypeAlias = Announced | Within


@asynccontextmanager
async def reached(options: ServeOptions, environ: Mapping[str, str]) -> AsyncIterator[Reached]:
    """A gateway to speak to, while the block runs.

    Raises:
        StartRefused: something that it needs is not there.
        SettingsError: the configuration cannot be used.
    """
    loaded = load(options, environ)
    running = await asyncio.to_thread(find_running, loaded.data_dir)
    if running is not None:
        yield running
        return
    async with assembled(loaded, environ) as whole:
        yield Within(application=whole.running.application, token=whole.token)
