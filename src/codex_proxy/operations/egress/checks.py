"""Whether proxies let us through, where they come out and how long that takes.

Rules of this file: a check goes through the proxy or fails; only an answer that tells an IP address counts, so that
neither a proxy's own page nor a captive portal's does.  A proxy is checked once at a time, by whoever asks first.  One
that fails is looked at again soon, whatever the interval, since nothing else would bring it back.
Times are epoch seconds (UTC).
"""

import asyncio
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from codex_proxy.accounts.keeping import EgressHealth, EgressProxy
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.egress.book import EgressBook
from codex_proxy.operations.egress.pool import NoSuchProxy, ProxyPool
from codex_proxy.operations.settings.parts import SettingsKeeper

CHECK_SECONDS: Final = 10.0
CHECKS_AT_ONCE: Final = 5
AGAIN_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 5.0
MAX_INTERVAL_MINUTES: Final = 1440
INTERVAL_KEY: Final = "egress.check_interval_minutes"
FALLBACK_URL: Final = "https://icanhazip.com"
"""Asked where ``tls.health_check_url`` gives no address; somebody else runs it."""
_MAX_TOLD_BYTES: Final = 1024


class ExitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered through a proxy; ``body`` may be cut."""

    status: int
    body: bytes


class NotThrough(Exception):
    """No answer came through the proxy; the words say why, without its address and without a password."""


class ExitProbe(Protocol):
    """Asks through proxies."""

    async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
        """The answer of ``check_url``, asked for through this proxy and no other way.

        Raises:
            NotThrough: none came.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckParts:
    """What checks work with; ``urls`` are asked one after another until one answers as it should."""

    pool: ProxyPool
    book: EgressBook
    probe: ExitProbe
    clock: Clock
    urls: Callable[[], Sequence[str]]
    keeper: SettingsKeeper
    check_seconds: float = CHECK_SECONDS


class ProxyChecks:
    """Checks of proxies, asked for or due; ``interval_minutes`` 0 makes none by itself but of proxies that fail.

    ``overridden`` names the flag or variable whose interval is in force instead of a kept one.
    """

    def __init__(self, parts: CheckParts, *, interval_minutes: int, overridden: str | None = None) -> None:
        self._parts = parts
        self.interval_minutes = interval_minutes
        self.overridden = overridden
        self._room = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._turns: dict[str, _Turn] = {}

    async def change_interval(self, minutes: int) -> None:
        """Keep that checks come every so many minutes, 0 for never; it is so at once unless it is ``overridden``.

        Raises like ``SettingsKeeper``, and ``ValueError`` where it is less than 0 or more than a day.
        """
        if not 0 <= minutes <= MAX_INTERVAL_MINUTES:
            raise ValueError(f"healthCheckIntervalMinutes is no number from 0 to {MAX_INTERVAL_MINUTES}")
        await self._parts.keeper.keep({INTERVAL_KEY: minutes})
        if self.overridden is None:
            self.interval_minutes = minutes

    async def check(self, proxy_id: str) -> EgressHealth:
        """Check one proxy now.  Raises ``NoSuchProxy`` and ``StoreUnusable``."""
        healths = await self._check([self._parts.pool.find(proxy_id)])
        if proxy_id not in healths:
            raise NoSuchProxy(proxy_id)
        return healths[proxy_id]

    async def check_all(self) -> None:
        """Check every proxy that is not disabled.  Raises ``StoreUnusable``."""
        await self._check([proxy for proxy in self._parts.pool.proxies if proxy.enabled])

    async def run_due(self) -> bool:
        """Check what is due; for a job.  Raises ``StoreUnusable``."""
        now = self._parts.clock.now()
        await self._check([proxy for proxy in self._parts.pool.proxies if self._is_due(proxy, now)])
        return True

    def _is_due(self, proxy: EgressProxy, now: float) -> bool:
        pause_seconds = self.interval_minutes * 60.0
        if self._parts.book.standing(proxy.proxy_id).failures:
            pause_seconds = min(pause_seconds or AGAIN_SECONDS, AGAIN_SECONDS)
        checked_at = proxy.health.checked_at if proxy.health is not None else 0.0
        return proxy.enabled and pause_seconds > 0 and not checked_at <= now < checked_at + pause_seconds

    async def _check(self, proxies: Sequence[EgressProxy]) -> Mapping[str, EgressHealth]:
        """Check these proxies; what was found, of those that are still there at the same address."""
        asked_at = self._parts.clock.monotonic()
        async with asyncio.TaskGroup() as checks:
            tasks = [checks.create_task(self._in_turn(proxy, asked_at)) for proxy in proxies]
        there = self._there()
        for gone in self._turns.keys() - there.keys():
            del self._turns[gone]
        ended = zip(proxies, tasks, strict=True)
        found = {proxy.proxy_id: task.result() for proxy, task in ended if there.get(proxy.proxy_id) == proxy.url}
        if found:
            await self._parts.pool.keep_health(found)
        return found

    def _there(self) -> Mapping[str, str]:
        return {proxy.proxy_id: proxy.url for proxy in self._parts.pool.proxies}

    async def _in_turn(self, proxy: EgressProxy, asked_at: float) -> EgressHealth:
        """What a check found that was not over when this one was asked for."""
        turn = self._turns.setdefault(proxy.proxy_id, _Turn())
        async with turn.lock:
            if turn.health is None or turn.ended_at < asked_at or turn.url != proxy.url:
                async with self._room:
                    turn.health, turn.url = await self._probe(proxy), proxy.url
                turn.ended_at = self._parts.clock.monotonic()
                if self._there().get(proxy.proxy_id) == proxy.url:
                    self._parts.book.checked(proxy.proxy_id, turn.health)
            return turn.health

    async def _probe(self, proxy: EgressProxy) -> EgressHealth:
        clock, reason = self._parts.clock, "there is no address to ask"
        checked_at = clock.now()
        for url in self._parts.urls():
            begun_at = clock.monotonic()
            try:
                async with asyncio.timeout(self._parts.check_seconds):
                    exit_ip = read_exit_ip(await self._parts.probe.ask(proxy.url, url))
            except NotThrough as error:
                reason = str(error)
            except TimeoutError:
                reason = f"no answer within {self._parts.check_seconds:g} seconds"
            else:
                latency_ms = round((clock.monotonic() - begun_at) * 1000)
                return EgressHealth(checked_at=checked_at, exit_ip=exit_ip, latency_ms=latency_ms)
        return EgressHealth(checked_at=checked_at, error=reason)


class _Turn:
    """The check of one proxy that runs, and what the last one found."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.ended_at = 0.0
        self.url = ""
        self.health: EgressHealth | None = None


def read_exit_ip(answer: ExitAnswer) -> str:
    """The IP address that an answer tells, as plain text or as the member ``ip`` of a JSON object.

    Raises:
        NotThrough: it tells none, or is no success.
    """
    if not 200 <= answer.status < 300:
        raise NotThrough(_refusal_words(answer.status))
    told = answer.body[:_MAX_TOLD_BYTES].strip()
    try:
        decoded: Any = msgspec.json.decode(told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded = told.decode("latin-1")
    address = decoded.get("ip") if isinstance(decoded, dict) else decoded
    try:
        return ipaddress.ip_address(address.strip() if isinstance(address, str) else "").compressed
    except ValueError:
        raise NotThrough("the answer tells no IP address: a page of the proxy's, or of a network's login") from None


def _refusal_words(status: int) -> str:
    if status == 407:
        return "it wants other credentials (407)"
    if 300 <= status < 400:
        return f"it leads elsewhere ({status}), as a network's login does"
    return f"the answer's status is {status}"
