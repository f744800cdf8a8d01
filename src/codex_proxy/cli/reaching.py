"""A gateway for a command: the one that runs on the data directory, else one that lives as long as the command.

Rules of this file: what a command does is done by the operations of one gateway, wherever that is.  One that is put
together here listens on no port but the one that a login needs.  Source: decisions, 6.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

from codex_proxy.bootstrap.accounts.upkeep import upkeep
from codex_proxy.bootstrap.commands.announcing import find_running
from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.run import ServeOptions, assembled, load
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.vendors.keys import upkeep as vendor_keys_upkeep
from codex_proxy.cli.asking import Gateway, GatewayRefused, InnerPlane, remote_plane
from codex_proxy.operations.client_keys import ADMIN_KEY_ID, INFERENCE_KEY_ID, KeptKeys

Work: TypeAlias = Callable[[Gateway], Awaitable[bool]]
"""What a command does with a gateway; whether everything went well."""


async def with_gateway(options: ServeOptions, environ: Mapping[str, str], work: Work) -> bool:
    """Do ``work`` with a gateway.

    Raises:
        GatewayRefused: the gateway did not do what it was asked for.
        StartRefused: something that a gateway needs is not there.
        SettingsError: the configuration cannot be used.
    """
    refused: GatewayRefused | None = None
    went_well = False
    async with reached(options, environ) as gateway:
        try:
            went_well = await work(gateway)
        except GatewayRefused as error:  # raised outside: the gateway's tasks would wrap it
            refused = error
    if refused is not None:
        raise refused
    return went_well


@asynccontextmanager
async def reached(options: ServeOptions, environ: Mapping[str, str]) -> AsyncIterator[Gateway]:
    """The gateway, while the block runs; raises ``StartRefused`` and ``SettingsError``."""
    loaded = load(options, environ)
    running = await asyncio.to_thread(find_running, loaded.data_dir)
    if running is not None:
        async with remote_plane(running.url) as plane:
            yield Gateway(plane, token=running.token)
        return
    known = KnownSecrets()
    configure_logs(loaded.settings.logs.format, known=known)
    async with (
        assembled(loaded, environ, known) as whole,
        upkeep(whole.running.accounts, whole.running.logins, whole.running.egress, whole.running.jobs),
        vendor_keys_upkeep(whole.running.vendor_keys),
    ):
        if whole.keys.made_now:
            _tell_keys(whole.keys.kept)
        yield Gateway(InnerPlane(whole.running.application), token=whole.token)


def _tell_keys(kept: KeptKeys) -> None:
    """The keys that were just made: nobody shows them again."""
    for name, key_id in (("admin", ADMIN_KEY_ID), ("inference", INFERENCE_KEY_ID)):
        sys.stderr.write(f"{name} key, shown only now: {kept.secret_of(key_id)}\n")
