"""Ways out, put together: the pool of proxies, their checks, and the cookies of each exit.

Rules of this file: objects are made here, rules are elsewhere.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.operations.account_cookies import AccountCookies
from codex_proxy.operations.egress.assigning import Assignments
from codex_proxy.operations.egress.checks import FALLBACK_URL, INTERVAL_KEY, CheckParts, ProxyChecks
from codex_proxy.operations.egress.pool import PoolParts, ProxyPool
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.operations.settings.parts import SettingsKeeper
from codex_proxy.transports.exit_probe import GuardedProbe
from codex_proxy.transports.guard import UrlGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressServices:
    """What the owner does with ways out, and what happens to them by itself."""

    pool: ProxyPool
    assignments: Assignments
    checks: ProxyChecks
    cookies: AccountCookies


def egress_services(
    services: AccountServices,
    *,
    keeper: SettingsKeeper,
    overriding: Mapping[str, str],
    check_url: Callable[[], str] | None = None,
) -> EgressServices:
    """The services; ``overriding`` are the flags and variables that win over what ``keeper`` keeps, by dotted key.

    ``check_url`` gives the place where checks ask, None for the settings' own.
    """
    ground = services.ground

    async def rerouted(row_ids: Collection[str]) -> None:
        await ground.clients.retire(row_ids)

    pool = ProxyPool(
        PoolParts(
            store=ground.stores.egress,
            book=ground.book,
            now=ground.clock.now,
            new_id=lambda: secrets.token_hex(8),
            taken=ground.watch.assigned,
            rerouted=rerouted,
        )
    )
    return EgressServices(
        pool=pool,
        assignments=Assignments(pool, ground.pool.records),
        checks=_checks(services, pool, keeper, overriding, check_url=check_url),
        cookies=AccountCookies(kept=ground.jars, book=ground.book, is_account=ground.pool.__contains__),
    )


def _checks(
    services: AccountServices,
    pool: ProxyPool,
    keeper: SettingsKeeper,
    overriding: Mapping[str, str],
    *,
    check_url: Callable[[], str] | None,
) -> ProxyChecks:
    ground = services.ground
    settings = ground.settings
    probe = GuardedProbe(
        UrlGuard(only_here=settings.security.loopback_only),
        allow_private=settings.security.allow_private_upstreams,
        trusted_pem=ground.trusted_pem,
        only_here=settings.security.loopback_only,
    )
    parts = CheckParts(
        pool=pool,
        book=ground.book,
        probe=probe,
        clock=ground.clock,
        urls=lambda: _check_urls(settings.tls.health_check_url if check_url is None else check_url()),
        keeper=keeper,
    )
    return ProxyChecks(
        parts, interval_minutes=settings.egress.check_interval_minutes, overridden=overriding.get(INTERVAL_KEY)
    )


def _check_urls(url: str) -> tuple[str, ...]:
    """Where checks ask; the owner's own place is the only one where it is on this machine."""
    return (url,) if is_loopback(urlsplit(url).hostname or "") else (url, FALLBACK_URL)
