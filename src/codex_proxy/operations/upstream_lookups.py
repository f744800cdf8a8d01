"""What the upstream says of where each account's calls go.

Rules of this file: a lookup that fails leaves what was known, and one that gets no answer keeps no other waiting; a
routing answer is followed only within the configured origin, or within chatgpt.com over https where that is the
configured upstream, so that no reply can move a credential to another host.  As the real client does, each account is
asked for at the start and for each new credential, then every hour; what came a moment ago is left alone until then.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.egress.ways import NoWay, Way
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.ports import EgressReports, Route, Transport
from codex_proxy.gateway.upstreams.accounts import UpstreamPlace
from codex_proxy.operations.egress.routes import no_way_failure, route_by
from codex_proxy.operations.quota.asking import Asker, WholeReply
from codex_proxy.protocols.codex.lookups import (
    AccountRouting,
    build_account_check,
    parse_account_check,
)

LOOKUPS_AT_ONCE: Final = 8
LOOKUP_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 10.0  # as the real client
SETTLING_SECONDS: Final = 15.0  # from when a credential is first seen: fresh ones that were probed at once got banned
AGAIN_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 60.0
_UPSTREAM_DOMAIN: Final = "chatgpt.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupParts:
    """What lookups work with.

    ``base_url`` ends without a slash, ``way_of`` is how an account leaves, by row id; ``monotonic`` gives seconds that
    never jump; a lookup without an answer ends after ``answer_seconds``.
    """

    transport: Transport
    pool: AccountPool
    client: Callable[[], ClientIdentity]
    base_url: str
    way_of: Callable[[str], Way]
    egress: EgressReports
    monotonic: Callable[[], float]
    answer_seconds: float = ANSWER_SECONDS


class _Turn(NamedTuple):
    """When an account is asked for next, as long as its credential is the one of this generation."""

    generation: int
    due_at: float


class UpstreamLookups:
    """Keeps what lookups found."""

    def __init__(self, parts: LookupParts) -> None:
        self._parts = parts
        self._asker = Asker(transport=parts.transport, route_of=self.unrouted, egress=parts.egress)
        self._routing: dict[str, AccountRouting | None] = {}
        self._turns: dict[str, _Turn] = {}
        self._has_looked = False

    def place_of(self, account: Account) -> UpstreamPlace | Failure:
        """Where this account's calls go, and by which way; a failure where it has none."""
        way, routing = self._parts.way_of(account.row_id), self._routing.get(account.row_id)
        if isinstance(way, NoWay):
            return no_way_failure(way)
        return UpstreamPlace(
            route=self._route(account, way, routing),
            routing_override=routing.override if routing is not None else None,
        )

    def route_of(self, account: Account) -> Route:
        """The route of a small call in this account's name; raises ``TransportError`` where it has no way out."""
        return self._route(account, self._parts.way_of(account.row_id), self._routing.get(account.row_id))

    def _route(self, account: Account, way: Way, routing: AccountRouting | None) -> Route:
        base_url = self._parts.base_url if routing is None else followed(self._parts.base_url, routing.origin)
        return route_by(way, base_url=base_url, row_id=account.row_id)

    def unrouted(self, account: Account) -> Route:
        """The route of a lookup: to the configured address, whatever the account's own is."""
        return route_by(self._parts.way_of(account.row_id), base_url=self._parts.base_url, row_id=account.row_id)

    async def look(self) -> bool:
        """Ask for the routing of those accounts whose turn it is; whether all of them got an answer."""
        now, accounts = self._parts.monotonic(), self._accounts()
        self._turns = {account.row_id: self._turn_of(account, now) for account in accounts}
        self._routing = {row_id: found for row_id, found in self._routing.items() if row_id in self._turns}
        self._has_looked = True
        return all(await self._ask([account for account in accounts if self._turns[account.row_id].due_at <= now]))

    async def refresh(self) -> bool:
        """Ask for the routing of every account; whether the upstream answered at all."""
        return any(await self._ask(self._accounts()))

    def _accounts(self) -> list[Account]:
        return [*chain.from_iterable(self._parts.pool.plans().values())]

    def _turn_of(self, account: Account, now: float) -> _Turn:
        known = self._turns.get(account.row_id)
        if known is not None and known.generation == account.generation:
            return known
        return _Turn(account.generation, now + SETTLING_SECONDS if self._has_looked else now)

    async def _ask(self, accounts: Sequence[Account]) -> list[bool]:
        slots = asyncio.Semaphore(LOOKUPS_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            checks = [group.create_task(self._check(account, slots)) for account in accounts]
        return [check.result() for check in checks]

    async def _check(self, account: Account, slots: asyncio.Semaphore) -> bool:
        call = build_account_check(self._parts.client(), account.credential)
        reply: WholeReply | Failure | None = None
        with contextlib.suppress(TimeoutError):
            async with slots, asyncio.timeout(self._parts.answer_seconds):
                reply = await self._asker.ask(call, account)
        is_answered = isinstance(reply, WholeReply)
        pause_seconds = AGAIN_SECONDS if is_answered else RETRY_SECONDS
        self._turns[account.row_id] = _Turn(account.generation, self._parts.monotonic() + pause_seconds)
        if not isinstance(reply, WholeReply):
            return False
        if reply.status == HTTPStatus.OK:
            self._routing[account.row_id] = parse_account_check(reply.body, account.credential.account_id)
        return True


def followed(base_url: str, origin: str) -> str:
    """``base_url`` at the account's own origin, where that may be followed; otherwise as it is."""
    base, told = urlsplit(base_url), urlsplit(origin)
    if not (base.scheme == told.scheme == "https" and _is_upstream(base.hostname) and _is_upstream(told.hostname)):
        return base_url
    return origin + base.path


def _is_upstream(host: str | None) -> bool:
    return host == _UPSTREAM_DOMAIN or (host or "").endswith(f".{_UPSTREAM_DOMAIN}")
