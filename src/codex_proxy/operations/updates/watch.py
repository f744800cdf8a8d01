"""Looks for newer versions of the official clients, so that we present ourselves as what is in use now.

Rules of this file: nothing is installed and nothing is run; a version is only ever shown to the upstream.  Each feed
counts for itself: one that fails leaves its version as it is.  Where the owner wants no updates, nothing is asked.
Times are epoch seconds (UTC).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from codex_proxy.gateway.ports import Clock, Route, Transport, TransportError
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.operations.updates.feeds import MAX_FEED_BYTES, BadFeed, parse_appcast, parse_tags
from codex_proxy.operations.updates.versions import DesktopRelease, TrackedVersions, newest
from codex_proxy.protocols.base import UpstreamCall

INTERVAL_SECONDS: Final = 3 * 86_400.0
SPREAD: Final = 0.1  # of the interval, either way, so that not everybody asks at once
RETRY_SECONDS: Final = 6 * 3600.0
FEED_SECONDS: Final = 30.0
CALLER: Final = "updates"
"""Keys the HTTP client of these calls, in the place of an account."""

_T = TypeVar("_T")


class VersionsUnreadable(Exception):
    """What was kept of versions cannot be read or written; one sentence."""


class VersionStore(Protocol):
    """Keeps versions; both raise ``VersionsUnreadable``."""

    def load(self) -> TrackedVersions | None:
        """What was kept last; None where nothing was."""
        ...

    def keep(self, versions: TrackedVersions) -> None:
        """Keep these."""
        ...


class Feeds(msgspec.Struct, frozen=True, kw_only=True):
    """Where the feeds are: https, or on this machine; ``engine`` None asks for the desktop app's alone."""

    desktop: str
    engine: str | None = None


class UpdatePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """``enabled``: feeds are asked.  ``pinned``: the configured versions hold whatever was or will be found."""

    enabled: bool = True
    pinned: bool = False


class UpdateReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of looking: the versions in force, what was found last, and when.

    ``errors`` say what went wrong, by feed: ``desktop``, ``engine``.
    """

    versions: TrackedVersions
    engine_found: str | None = None
    desktop_found: DesktopRelease | None = None
    checked_at: float | None = None
    errors: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchParts:
    """What the watch works with.

    ``route_of`` is the way to a base URL and raises ``TransportError`` where there is none; ``jitter`` gives numbers
    between -1 and 1; ``changed`` hears of versions that are in force from now on.
    """

    transport: Transport
    route_of: Callable[[str], Route]
    store: VersionStore
    clock: Clock
    feeds: Feeds
    jitter: Callable[[], float]
    changed: Callable[[TrackedVersions], None]
    complain: Callable[[str, Exception], None]


class UpdateWatch:
    """Keeps the versions in force.  ``load`` comes first; ``look`` is a job, with ``pause_seconds`` between runs."""

    def __init__(self, parts: WatchParts, configured: TrackedVersions, policy: UpdatePolicy) -> None:
        self._parts = parts
        self._policy = policy
        self._looking = asyncio.Lock()
        self.report = UpdateReport(versions=configured)

    @property
    def versions(self) -> TrackedVersions:
        """The versions in force."""
        return self.report.versions

    @property
    def is_asking(self) -> bool:
        """Whether the owner wants the feeds to be asked."""
        return self._policy.enabled and not self._policy.pinned

    @property
    def is_looking(self) -> bool:
        """Whether the feeds are being asked now."""
        return self._looking.locked()

    def load(self) -> TrackedVersions:
        """Take in what was found by an earlier run, where that is newer than what is configured."""
        if not self._policy.pinned:
            self._set(self._with_kept(self.versions))
        return self.versions

    async def follow(self, configured: TrackedVersions, policy: UpdatePolicy) -> None:
        """These are configured from now on; what was found before counts where it is newer, unless pinned."""
        self._policy = policy
        self._set(configured if policy.pinned else await asyncio.to_thread(self._with_kept, configured))

    async def look(self) -> bool:
        """Ask the feeds; whether all of them answered."""
        if not self.is_asking:
            return True
        async with self._looking:
            errors: dict[str, str] = {}
            feeds = self._parts.feeds
            desktop = await self._ask(feeds.desktop, parse_appcast, lambda words: errors.update(desktop=words))
            engine = await self._ask(feeds.engine, parse_tags, lambda words: errors.update(engine=words))
            self.report = UpdateReport(
                versions=self.versions,
                engine_found=engine,
                desktop_found=desktop,
                checked_at=self._parts.clock.now(),
                errors=errors,
            )
            found = newest(self.versions, engine=engine, desktop=desktop)
            if found != self.versions:
                self._set(found)
                await self._keep(found)
        return not errors

    def pause_seconds(self, *, succeeded: bool) -> float:
        """How long to wait until the next look."""
        return INTERVAL_SECONDS * (1 + SPREAD * self._parts.jitter()) if succeeded else RETRY_SECONDS

    # -------------------------------------------------------------------------------------------------- within

    def _with_kept(self, configured: TrackedVersions) -> TrackedVersions:
        try:
            kept = self._parts.store.load()
        except VersionsUnreadable as error:
            self._parts.complain("versions of the official clients", error)
            return configured
        if kept is None:
            return configured
        desktop = DesktopRelease(version=kept.desktop, build=kept.desktop_build)
        return newest(configured, engine=kept.engine, desktop=desktop)

    def _set(self, versions: TrackedVersions) -> None:
        if versions != self.versions:
            self.report = msgspec.structs.replace(self.report, versions=versions)
            self._parts.changed(versions)

    async def _keep(self, versions: TrackedVersions) -> None:
        try:
            await asyncio.to_thread(self._parts.store.keep, versions)
        except VersionsUnreadable as error:
            self._parts.complain("versions of the official clients", error)

    async def _ask(self, url: str | None, parse: Callable[[bytes], _T], fail: Callable[[str], None]) -> _T | None:
        if url is None:
            return None
        try:
            async with asyncio.timeout(FEED_SECONDS):
                return parse(await self._body(url))
        except TransportError as error:
            fail(error.failure.message)
        except BadFeed as error:
            fail(str(error))
        except TimeoutError:
            fail(f"no answer within {FEED_SECONDS:g} seconds")
        return None

    async def _body(self, url: str) -> bytes:
        place = urlsplit(url)
        if place.scheme != "https" and not (place.scheme == "http" and is_loopback(place.hostname or "")):
            raise BadFeed("the address is not https")
        path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
        call = UpstreamCall(method="GET", path=path, headers=(("accept", "*/*"),))
        pieces: list[bytes] = []
        size_bytes = 0
        route = self._parts.route_of(f"{place.scheme}://{place.netloc}")
        async with self._parts.transport.open(call, route) as reply:
            if reply.status != 200:
                raise BadFeed(f"the answer's status is {reply.status}")
            while size_bytes <= MAX_FEED_BYTES and (piece := await reply.read()):
                pieces.append(piece)
                size_bytes += len(piece)
        return b"".join(pieces)
