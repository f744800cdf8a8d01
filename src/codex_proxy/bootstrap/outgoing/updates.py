"""Following the versions of the official clients, put together.

Rules of this file: objects are made here, rules are elsewhere.  Feeds are asked only where the answer is of use: by a
gateway that has accounts and asks the real upstream, or whose feed is on this machine.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.gateway.ports import Route
from codex_proxy.operations.egress.routes import route_by
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.operations.updates.watch import CALLER, Feeds, UpdatePolicy, UpdateWatch, WatchParts
from codex_proxy.settings.schema import ClientSection, Settings
from codex_proxy.storage.identity.versions_file import VersionsFile

SOON_SECONDS: Final = 600.0
UPSTREAM_DOMAIN: Final = "chatgpt.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """The watch as a job."""

    watch: UpdateWatch
    settings: Settings
    pool: AccountPool

    async def look(self) -> bool:
        """Look for newer versions, where that is of use; whether anything was learnt."""
        if not is_of_use(self.settings, has_accounts=len(self.pool) > 0):
            return False
        return await self.watch.look()

    def pause_seconds(self, succeeded: bool) -> float:  # noqa: FBT001 - the job runner's form
        """How long until the next look; soon, until one is wanted and of use, and feeds that failed answer."""
        return self.watch.pause_seconds(succeeded=True) if succeeded and self.watch.is_asking else SOON_SECONDS


def update_watch(
    settings: Settings, upstream: Upstream, *, data_dir: Path, complain: Callable[[str, Exception], None]
) -> Updates:
    """The watch over the feeds that the settings name, with what an earlier run found."""
    ground, client = upstream.accounts.ground, settings.client

    def route_of(base_url: str) -> Route:
        return route_by(ground.book.way(CALLER), base_url=base_url, row_id=CALLER)

    watch = UpdateWatch(
        WatchParts(
            transport=upstream.transport,
            route_of=route_of,
            store=VersionsFile(data_dir),
            clock=ground.clock,
            feeds=Feeds(desktop=settings.update.feed_url, engine=settings.update.engine_feed_url),
            jitter=lambda: random.uniform(-1, 1),  # noqa: S311 - spreads calls, keeps no secret
            changed=upstream.client.take,
            complain=complain,
        ),
        configured_versions(client),
        update_policy(settings),
    )
    watch.load()
    return Updates(watch=watch, settings=settings, pool=upstream.pool)


def configured_versions(client: ClientSection) -> TrackedVersions:
    """The versions that the settings name."""
    return TrackedVersions(engine=client.engine_version, desktop=client.app_version, desktop_build=client.build_number)


def update_policy(settings: Settings) -> UpdatePolicy:
    """Whether feeds are asked, and what what they tell counts."""
    return UpdatePolicy(enabled=settings.update.auto_update, pinned=settings.client.pin_version)


def is_of_use(settings: Settings, *, has_accounts: bool) -> bool:
    """Whether anybody is shown the versions that the feeds would tell."""
    host = urlsplit(settings.api.base_url).hostname or ""
    is_real = host == UPSTREAM_DOMAIN or host.endswith(f".{UPSTREAM_DOMAIN}")
    return has_accounts and (is_real or is_loopback(urlsplit(settings.update.feed_url).hostname or ""))
