"""The simulated backend as a server in this process, and accounts for it; ``run`` loads it by name."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.server.listeners import LOOPBACK, CannotListen, Listener, PortInUse, bind_loopback
from codex_proxy.settings.layers import flag_source
from codex_proxy.settings.load import LoadedSettings, known_keys
from codex_proxy.settings.telling import changed_keys
from codex_proxy.simulator.app import PREFIX, SimulatedBackend
from codex_proxy.simulator.player import DROP
from codex_proxy.simulator.scenario import Scenario, ScenarioError, load_scenario
from codex_proxy.simulator.tokens import ISSUER, LIFETIME_SECONDS, make_token
from codex_proxy.simulator.updates import DIST_TAGS, FEED
from codex_proxy.simulator.vendors.service import PREFIX as VENDORS

if TYPE_CHECKING:
    from codex_proxy.server.asgi import Receive, Scope, Send

Backend: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""

ACCOUNTS: Final = tuple((person.account_id, person.plan) for person in Scenario().people())
"""Ids and plans of the accounts that a simulated run logs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedUrls:
    """Where a simulator's services are, beside the backend; ``issuer`` is the ``iss`` of its tokens."""

    issuer: str
    authorize: str
    token: str
    feed: str
    dist_tags: str


def simulated_urls(base_url: str) -> SimulatedUrls:
    """The addresses that go with a simulated backend's base URL."""
    root = base_url.removesuffix(PREFIX)
    return SimulatedUrls(
        issuer=root,
        authorize=f"{root}/oauth/authorize",
        token=f"{root}/oauth/token",
        feed=root + FEED,
        dist_tags=root + DIST_TAGS,
    )


def simulated_vendor(base_url: str, name: str, *, version: str = "v1") -> str:
    """The base URL of a scenario's vendor, beside a simulated backend's."""
    return f"{base_url.removesuffix(PREFIX)}{VENDORS}{name}/{version}"


def simulated_tokens(issuer: str = ISSUER) -> list[str]:
    """An access token for each simulated account, as if ``issuer`` had made it."""
    expires_at = time.time() + LIFETIME_SECONDS
    return [
        make_token(
            account_id=account_id,
            plan=plan,
            email=f"{account_id}@example.invalid",
            expires_at=expires_at,
            issuer=issuer,
        )
        for account_id, plan in ACCOUNTS
    ]


def scenario_of(path: Path | None) -> Scenario | None:
    """The scenario in a file.

    Raises:
        StartRefused: it cannot be read.
    """
    if path is None:
        return None
    try:
        return load_scenario(path)
    except ScenarioError as error:
        raise StartRefused(f"the scenario cannot be used: {error}") from error


def simulated(loaded: LoadedSettings, base_url: str, tokens: list[str] | None = None) -> LoadedSettings:
    """The settings of a gateway on a simulated backend, which reaches nothing but this machine.

    Raises:
        StartRefused: it is to listen elsewhere, or keeps what it keeps elsewhere.
    """
    settings = loaded.settings
    if settings.storage.database_url is not None and not _is_here(settings.storage.database_url):
        raise StartRefused("a simulated gateway stays on this machine, and storage.database_url leads elsewhere")
    if settings.server.host not in LOOPBACK:
        raise StartRefused("a simulated gateway listens on loopback only; leave out --host")
    urls = simulated_urls(base_url)
    tokens = tokens or simulated_tokens(urls.issuer)
    changed = settings.model_copy(
        update={
            "api": settings.api.model_copy(update={"base_url": base_url}),
            "auth": settings.auth.model_copy(
                update={
                    "jwt_token": tokens,
                    "oauth_auth_endpoint": urls.authorize,
                    "oauth_token_endpoint": urls.token,
                }
            ),
            "update": settings.update.model_copy(
                update={
                    "feed_url": urls.feed,
                    "gateway": "off",
                    "engine_feed_url": None if settings.update.engine_feed_url is None else urls.dist_tags,
                }
            ),
            "tls": settings.tls.model_copy(update={"proxy_url": None, "health_check_url": f"{urls.issuer}/__ip"}),
            "security": settings.security.model_copy(update={"allow_private_upstreams": True, "loopback_only": True}),
            "ollama": settings.ollama.model_copy(update={"allow_remote": False}),
            "images": settings.images.model_copy(update={"fetch_remote": False}),
        }
    )
    ours = dict.fromkeys(changed_keys(settings, changed, known_keys()), flag_source("simulate"))
    return replace(
        loaded,
        settings=changed,
        provenance={**loaded.provenance, **ours},
        anew=lambda text: simulated(loaded.anew(text), base_url, tokens),
    )


def _is_here(database_url: str) -> bool:
    """Whether a database is reached over loopback, or over a socket in the file system."""
    place = urlsplit(database_url)
    hosts = [place.hostname or "", *parse_qs(place.query).get("host", [])]
    return all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


@asynccontextmanager
async def simulated_backend(scenario: Scenario | None, *, port: int = 0, seed: int = 0) -> AsyncIterator[str]:
    """The backend on loopback while the block runs; yields its base URL.

    Raises:
        StartRefused: the port cannot be had.
    """
    backend = SimulatedBackend(now=time.time, scenario=scenario, seed=seed)
    async with listening(backend, port=port) as base_url:
        yield base_url


@asynccontextmanager
async def listening(backend: Backend, *, port: int = 0) -> AsyncIterator[str]:
    """A backend on loopback while the block runs; yields its base URL.  Raises ``StartRefused``."""
    try:
        listener = Listener(_Breakable(backend), bind_loopback(port))
        await listener.start()
    except (PortInUse, CannotListen) as error:
        raise StartRefused(str(error)) from error
    try:
        yield f"http://127.0.0.1:{listener.addresses[0][1]}{PREFIX}"
    finally:
        await listener.stop()


class _Breakable:
    """Tells the simulator how to break a connection, which ASGI has no word for and uvicorn's transport has."""

    def __init__(self, application: Backend) -> None:
        self._application = application

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        extensions = {DROP: {"drop": transport.abort}} if transport is not None else {}
        known = {**scope, "extensions": {**scope.get("extensions", {}), **extensions}}
        await self._application(known, receive, send)
