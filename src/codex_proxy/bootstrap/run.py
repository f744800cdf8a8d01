"""Running: the gateway, or the simulated backend alone, until somebody asks for the end.

Rules of this file: what a start needs is checked before anything listens; the first signal lets answers finish, the
second does not.  Standard output is for what the owner must read, the log goes to standard error.
"""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import structlog

from codex_proxy.access.keys import ADMIN
from codex_proxy.accounts.account import Account
from codex_proxy.bootstrap.accounts.opening import key_source, open_account_stores
from codex_proxy.bootstrap.accounts.upkeep import load as load_accounts
from codex_proxy.bootstrap.accounts.upkeep import upkeep
from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.client_keys.services import load as load_client_keys
from codex_proxy.bootstrap.client_keys.services import upkeep as client_keys_upkeep
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.commands.announcing import COMMANDS_KEY_ID, announced
from codex_proxy.bootstrap.commands.greeting import Greeting, greet, tell
from codex_proxy.bootstrap.control.access_files import AccessFiles, first_link, refuse_unusable
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.exchange_log import ExchangeLog
from codex_proxy.bootstrap.key_ring import key_ring
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.places import default_data_dir, usable_data_dir
from codex_proxy.bootstrap.process.restarting import Restart, start_anew
from codex_proxy.bootstrap.process.running import calm_collector, hand_over_soon, stop_signals
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.owned import secrets_of_keys, secrets_of_settings
from codex_proxy.bootstrap.settings.book import settings_book
from codex_proxy.bootstrap.settings.owners_key import OWNERS_KEY, TOO_WEAK, is_too_weak, warn_of
from codex_proxy.bootstrap.standing.jobs import do_repeatedly
from codex_proxy.bootstrap.usage.services import upkeep as usage_upkeep
from codex_proxy.bootstrap.vendors.keys import keys_of_settings
from codex_proxy.bootstrap.vendors.keys import load as load_vendor_keys
from codex_proxy.bootstrap.vendors.keys import upkeep as vendor_keys_upkeep
from codex_proxy.bootstrap.wiring import Running, assemble
from codex_proxy.operations.accounts.configured import TokensUnusable, accounts_of_tokens
from codex_proxy.operations.client_keys import (
    INFERENCE_KEY_ID,
    EnsuredKeys,
    KeysUnreadable,
    ensure_keys,
)
from codex_proxy.operations.ollama_bridge import OllamaBridge
from codex_proxy.operations.request_log.desk import LogDesk
from codex_proxy.server.listeners import LOOPBACK, CannotListen, Listener, PortInUse, bind, bind_loopback
from codex_proxy.settings.load import LoadedSettings, load_settings
from codex_proxy.settings.no_proxy import heed_no_proxy
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.access_file import AccessFile
from codex_proxy.storage.identity.installation_file import installation_id
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.picture_files import PictureFiles
from codex_proxy.storage.sealing.sources import KeySource
from codex_proxy.vendors.key import VendorKey

IMAGES_FOLDER: Final = "images"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line says.  ``simulate`` starts the simulated backend, following ``scenario`` if given.

    ``vendor_keys`` are there beside those of the settings, or in the place of the one with the same row id.
    """

    flags: Mapping[str, Any]
    data_dir: Path | None = None
    config_file: Path | None = None
    simulate: bool = False
    scenario: Path | None = None
    vendor_keys: tuple[VendorKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A gateway that listens: its URL, the bridge beside it, its log, and the secrets of its client keys."""

    url: str
    bridge: OllamaBridge
    log: LogDesk
    keys: EnsuredKeys
    settings: Settings
    access_path: Path
    restart: Restart
    setup_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A gateway put together; ``token`` is an admin key as long as it lives."""

    running: Running
    ground: Ground
    keys: EnsuredKeys
    access_path: Path
    token: str


async def serve(options: ServeOptions, environ: Mapping[str, str]) -> None:
    """Serve until a signal comes.

    Raises:
        StartRefused: something the start needs is not there.
        SettingsError: the configuration cannot be used.
    """
    stop = stop_signals()
    async with serving(options, environ) as served:
        calm_collector()
        hand_over_soon()
        greet(_greeting(served))
        served.restart.ends_by(stop.set)
        await stop.wait()
    if served.restart.is_asked:
        start_anew()


async def simulate(*, port: int, scenario: Path | None, seed: int) -> None:
    """Serve the simulated backend until a signal comes; raises ``StartRefused``."""
    configure_logs("auto")
    stop = stop_signals()
    simulation = _simulation()
    async with simulation.simulated_backend(simulation.scenario_of(scenario), port=port, seed=seed) as base_url:
        tell(f"simulated Codex backend listening on {base_url}")
        await stop.wait()


def _simulation() -> Any:
    # With it come the simulator and its templates, 4 MB that a gateway on the real backend does without (measured).
    return import_module("codex_proxy.bootstrap.simulated")


@asynccontextmanager
async def serving(options: ServeOptions, environ: Mapping[str, str]) -> AsyncIterator[Serving]:
    """The gateway while the block runs; raises like ``serve``."""
    with ExitStack() as stack:
        if options.simulate and options.data_dir is None:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="codex-proxy-"))
            options = replace(options, data_dir=Path(scratch))
        loaded = load(options, environ)
        if not options.simulate:
            async with _serving(loaded, environ, options.vendor_keys) as served:
                yield served
            return
        simulation = _simulation()
        backend = simulation.simulated_backend(simulation.scenario_of(options.scenario))
        async with backend as base_url, _serving(simulation.simulated(loaded, base_url), environ) as served:
            yield served


def load(options: ServeOptions, environ: Mapping[str, str]) -> LoadedSettings:
    """The settings and a usable data directory; raises like ``serve``."""
    data_dir = options.data_dir or default_data_dir()
    if options.config_file is not None and not options.config_file.is_file():
        raise StartRefused(f"the configuration file {options.config_file} does not exist")
    usable_data_dir(data_dir)
    loaded = load_settings(flags=options.flags, environ=environ, data_dir=data_dir, config_file=options.config_file)
    return heed_no_proxy(loaded, environ)


@asynccontextmanager
async def _serving(
    loaded: LoadedSettings, environ: Mapping[str, str], vendor_keys: tuple[VendorKey, ...] = ()
) -> AsyncIterator[Serving]:
    settings, known = loaded.settings, KnownSecrets()
    configure_logs(settings.logs.format, level=settings.logs.level, known=known)
    for notice in loaded.notices:
        structlog.get_logger("codex_proxy").warning(notice)
    _refuse_weak_key(settings)
    refuse_unusable(settings)
    async with assembled(loaded, environ, known, vendor_keys) as whole:
        running = whole.running
        listener = await _listen(running, settings)
        url = _url_of(listener)
        with announced(loaded.data_dir, url=url, token=whole.token):
            async with (
                upkeep(running.accounts, running.logins, running.egress, running.jobs),
                vendor_keys_upkeep(running.vendor_keys),
                client_keys_upkeep(running.client_keys),
                usage_upkeep(running.usage),
                _attended(running, whole.ground, listener),
            ):
                running.measures.readiness.is_started = True
                yield Serving(
                    url=url,
                    bridge=running.bridge,
                    log=running.log.desk,
                    keys=whole.keys,
                    settings=settings,
                    access_path=whole.access_path,
                    setup_link=first_link(whole.ground.access, settings, url=url, now=whole.ground.clock.now()),
                    restart=running.own_updates.restart,
                )


@asynccontextmanager
async def assembled(
    loaded: LoadedSettings,
    environ: Mapping[str, str],
    known: KnownSecrets | None = None,
    more_vendor_keys: tuple[VendorKey, ...] = (),
) -> AsyncIterator[Assembled]:
    """A gateway on its data directory, which nobody can reach yet and nothing keeps fresh; raises like ``serve``.

    ``known`` learns every secret that it works with.  ``more_vendor_keys`` are as in ``ServeOptions``.
    """
    settings, known = loaded.settings, known or KnownSecrets()
    known.learn_all(secrets_of_settings(settings))
    configured, vendor_keys = _accounts(settings), (*keys_of_settings(settings, environ), *more_vendor_keys)
    secret_keys = key_source(settings.storage, data_dir=loaded.data_dir, environ=environ)
    access, token = AccessFile(loaded.data_dir, secret_keys), secrets.token_urlsafe(_SECRET_BYTES)
    async with _stores(loaded, secret_keys, known) as stores:
        try:
            keys = ensure_keys(access, lambda: secrets.token_urlsafe(_SECRET_BYTES))
            known.learn_all((token, *secrets_of_keys(keys.kept), *(key.secret for key in vendor_keys)))
            access_files = AccessFiles(data_dir=loaded.data_dir, secret_keys=secret_keys, pepper=keys.kept.pepper)
            ground = _ground(loaded, environ, keys, stores, token=token, access=access_files)
            ground = replace(ground, configured_vendor_keys=vendor_keys, known=known)
        except KeysUnreadable as error:
            raise StartRefused(str(error)) from error
        running = assemble(ground)
        try:
            await load_accounts(running.accounts, configured)
            await load_vendor_keys(running.vendor_keys)
            await load_client_keys(running.client_keys)
            yield Assembled(running=running, ground=ground, keys=keys, access_path=access.path, token=token)
        finally:
            await running.clients.close()
            await running.vendor_keys.ground.calls.close()
            await running.counter.close()
            await running.log.close()


@asynccontextmanager
async def _stores(loaded: LoadedSettings, secret_keys: KeySource, known: KnownSecrets) -> AsyncIterator[Stores]:
    now, settings = SystemClock().now(), loaded.settings.storage
    stores = await open_account_stores(settings, data_dir=loaded.data_dir, keys=secret_keys, now=now, learn=known.learn)
    try:
        yield stores
    finally:
        await stores.close()


@asynccontextmanager
async def _attended(running: Running, ground: Ground, listener: Listener) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        jobs = tasks.create_task(do_repeatedly(running, ground))
        try:
            await running.bridge.start()
            yield
        finally:
            jobs.cancel()
            await _stop(running, listener, ground.followers.live.get().server.stop_grace_seconds)


def _url_of(listener: Listener) -> str:
    host, port = listener.addresses[0]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _listen(running: Running, settings: Settings) -> Listener:
    host, port = settings.server.host, settings.server.port
    try:
        sockets = bind_loopback(port) if host in LOOPBACK - {"::1"} else [bind(host, port)]
        listener = Listener(running.application, sockets)
        await listener.start()
    except PortInUse as error:
        raise StartRefused(f"{error}; choose another with --port") from error
    except CannotListen as error:
        raise StartRefused(str(error)) from error
    return listener


async def _stop(running: Running, listener: Listener, grace_seconds: float) -> None:
    cancelled_count = await running.exchanges.drain(grace_seconds)
    if cancelled_count:
        structlog.get_logger("codex_proxy").warning("answers cut by the stop", count=cancelled_count)
    running.log.tail.close()
    await running.bridge.stop()
    await listener.stop()
    await running.measures.flush()
    await running.orphans.close()


def _ground(
    loaded: LoadedSettings,
    environ: Mapping[str, str],
    keys: EnsuredKeys,
    stores: Stores,
    *,
    token: str,
    access: AccessFiles,
) -> Ground:
    ids, followers = RandomIds(), Followers(loaded.settings)
    try:
        installation = installation_id(loaded.data_dir, ids.uuid4())
    except OSError as error:
        raise StartRefused(f"the data directory {loaded.data_dir} cannot be used: {error.strerror}") from error
    return Ground(
        settings=loaded.settings,
        followers=followers,
        book=settings_book(loaded, environ, followers),
        stores=stores,
        keys=key_ring(keys.kept, followers.live).joined(COMMANDS_KEY_ID, token, frozenset({ADMIN})),
        access=access,
        inference_key=keys.kept.secret_of(INFERENCE_KEY_ID),
        data_dir=loaded.data_dir,
        installation_id=installation,
        pictures=_pictures(loaded.data_dir, followers.live, ids),
        clock=SystemClock(),
        ids=ids,
        observers=(ExchangeLog(),),
        report_defect=_report_defect,
        report_trouble=_report_trouble,
    )


def _pictures(data_dir: Path, live: Current[Settings], ids: RandomIds) -> PictureFiles:
    return PictureFiles(
        data_dir / IMAGES_FOLDER,
        now=SystemClock().now,
        new_name=ids.token,
        lifetime_seconds=lambda: live.get().images.lifetime_hours * 3600,
        max_total_bytes=lambda: live.get().images.max_total_bytes,
        complain=lambda error: _report_defect("kept pictures", error),
    )


def _report_trouble(where: str, error: Exception) -> None:
    structlog.get_logger("codex_proxy").warning("trouble", where=where, reason=str(error))


def _report_defect(where: str, error: Exception) -> None:
    structlog.get_logger("codex_proxy").error("defect", where=where, exc_info=error)


def _accounts(settings: Settings) -> tuple[Account, ...]:
    try:
        return accounts_of_tokens(settings.auth.jwt_token)
    except TokensUnusable as error:
        raise StartRefused(f"auth.jwt_token cannot be used: {error}") from error


def _refuse_weak_key(settings: Settings) -> None:
    secret = settings.server.proxy_api_key
    if is_too_weak(secret, host=settings.server.host):
        raise StartRefused(f"{OWNERS_KEY}: {TOO_WEAK}")
    warn_of(secret)


def _greeting(served: Serving) -> Greeting:
    return Greeting(
        url=served.url,
        bridge=served.bridge,
        keys=served.keys,
        access_path=served.access_path,
        has_own_key=served.settings.server.proxy_api_key is not None,
        setup_link=served.setup_link,
    )
