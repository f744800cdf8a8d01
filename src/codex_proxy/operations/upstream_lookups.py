"""What the upstream says beside answers: the models of each plan, and where each account's calls go.

Rules of this file: a lookup that fails leaves what was known, and one that gets no answer keeps no other waiting; a
routing answer is followed only within the configured origin, or within chatgpt.com over https where that is the
configured upstream, so that no reply can move a credential to another host.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.egress.ways import NoWay, Way
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.target import ClientIdentity, ModelFacts
from codex_proxy.gateway.ports import Clock, EgressReports, Route, Transport
from codex_proxy.gateway.upstreams.accounts import UpstreamPlace
from codex_proxy.operations.egress.routes import no_way_failure, route_by
from codex_proxy.operations.quota.asking import Asker, WholeReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.lookups import (
    AccountRouting,
    build_account_check,
    build_models_call,
    parse_account_check,
    parse_models,
)
from codex_proxy.routing.catalogue import Catalogue, fetched_catalogue, static_catalogue

MAX_REPLY_BYTES: Final = 16 * 1024 * 1024
LOOKUPS_AT_ONCE: Final = 8
_UPSTREAM_DOMAIN: Final = "chatgpt.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupParts:
    """What lookups work with.  ``base_url`` ends without a slash, ``way_of`` is how an account leaves, by row id."""

    transport: Transport
    pool: AccountPool
    clock: Clock
    client: Callable[[], ClientIdentity]
    base_url: str
    way_of: Callable[[str], Way]
    egress: EgressReports


class UpstreamLookups:
    """Keeps what lookups found."""

    def __init__(self, parts: LookupParts) -> None:
        self._parts = parts
        self._asker = Asker(
            transport=parts.transport, route_of=self._unrouted, egress=parts.egress, max_reply_bytes=MAX_REPLY_BYTES
        )
        self._routing: dict[str, AccountRouting | None] = {}
        self._lists: dict[str, tuple[ModelFacts, ...]] = {}
        self.catalogue: Catalogue = static_catalogue()
        self.fetched_at: float | None = None

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

    async def refresh(self) -> bool:
        """Ask for routing of every account and for the models of every plan; whether a model list came."""
        plans, slots = self._parts.pool.plans(), asyncio.Semaphore(LOOKUPS_AT_ONCE)
        async with asyncio.TaskGroup() as checks:
            for account in chain.from_iterable(plans.values()):
                checks.create_task(self._check(account, slots))
            fetched = await self._fetched(plans, slots)
            if fetched:
                self._learn({plan: models for plan, models in (self._lists | fetched).items() if plan in plans})
        return bool(fetched)

    async def _fetched(
        self, plans: Mapping[str, Sequence[Account]], slots: asyncio.Semaphore
    ) -> dict[str, tuple[ModelFacts, ...]]:
        """The model lists that came, by plan."""
        async with asyncio.TaskGroup() as lists:
            asked = {plan: lists.create_task(self._models_of(accounts, slots)) for plan, accounts in plans.items()}
        return {plan: models for plan, task in asked.items() if (models := task.result())}

    def _learn(self, lists: dict[str, tuple[ModelFacts, ...]]) -> None:
        self._lists = lists
        merged = {model.slug: model for models in lists.values() for model in models}
        self.catalogue = fetched_catalogue(merged.values())
        self.fetched_at = self._parts.clock.now()
        self._parts.pool.learn_models({plan: [model.slug for model in listed] for plan, listed in lists.items()})

    async def _check(self, account: Account, slots: asyncio.Semaphore) -> None:
        body = await self._ask(build_account_check(self._parts.client(), account.credential), account, slots)
        if body is not None:
            self._routing[account.row_id] = parse_account_check(body, account.credential.account_id)

    async def _models_of(self, accounts: Sequence[Account], slots: asyncio.Semaphore) -> tuple[ModelFacts, ...]:
        """The models of a plan, told by the first of its accounts that is answered."""
        for account in accounts:
            body = await self._ask(build_models_call(self._parts.client(), account.credential), account, slots)
            if body is not None:
                return parse_models(body)
        return ()

    async def _ask(self, call: UpstreamCall, account: Account, slots: asyncio.Semaphore) -> bytes | None:
        async with slots:
            reply = await self._asker.ask(call, account)
        return reply.body if isinstance(reply, WholeReply) and reply.status == HTTPStatus.OK else None

    def _unrouted(self, account: Account) -> Route:
        """Lookups go to the configured address: what they tell is not known yet."""
        return route_by(self._parts.way_of(account.row_id), base_url=self._parts.base_url, row_id=account.row_id)


def followed(base_url: str, origin: str) -> str:
    """``base_url`` at the account's own origin, where that may be followed; otherwise as it is."""
    base, told = urlsplit(base_url), urlsplit(origin)
    if not (base.scheme == told.scheme == "https" and _is_upstream(base.hostname) and _is_upstream(told.hostname)):
        return base_url
    return origin + base.path


def _is_upstream(host: str | None) -> bool:
    return host == _UPSTREAM_DOMAIN or (host or "").endswith(f".{_UPSTREAM_DOMAIN}")
