"""Who changes settings for a command: the gateway that runs on the data directory, else the file's own keeper.

Rules of this file: a running gateway is asked even where its file cannot be used, since it knows what is in force.
Source: decisions, 6.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final

from codex_proxy.bootstrap.commands.announcing import find_running
from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.places import default_data_dir
from codex_proxy.bootstrap.run import ServeOptions, load
from codex_proxy.cli.asking import Gateway, InnerPlane, remote_plane

ALONE: Final = "codex_proxy.bootstrap.settings.alone"
"""Loaded when it is wanted: with it comes the control plane's framework."""


@asynccontextmanager
async def settings_reached(options: ServeOptions, environ: Mapping[str, str]) -> AsyncIterator[Gateway]:
    """Who answers below ``/admin/settings``, while the block runs.

    Raises:
        StartRefused: the data directory cannot be used.
        SettingsError: no gateway runs, and the configuration cannot be used.
    """
    data_dir = options.data_dir or default_data_dir()
    running = await asyncio.to_thread(find_running, data_dir) if data_dir.is_dir() else None
    if running is not None:
        async with remote_plane(running.url) as plane:
            yield Gateway(plane, token=running.token)
        return
    loaded = load(options, environ)
    configure_logs(loaded.settings.logs.format, level="warning")
    alone = import_module(ALONE).settings_plane(loaded, environ)
    yield Gateway(InnerPlane(alone.application), token=alone.token)
