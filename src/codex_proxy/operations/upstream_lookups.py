"""What the upstream says beside answers: the models of each plan, and where each account's calls go.

Rules of this file: a lookup that fails leaves what was known; a routing answer is followed only within the configured
origin, or within chatgpt.com over https where that is the configured upstream, so that no reply can move a credential
to another host.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.target import ClientIdentity, ModelFacts
from codex_proxy.gateway.exchange import UpstreamPlace
from codex_proxy.gateway.ports import Clock, Route, Transport, TransportError
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
PLAN_MISS_SECONDS: Final = 2 * 3600.0
_UPSTREAM_DOMAIN: Final = "chatgpt.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupParts:
    """What lookups work with.  ``base_url`` ends without a slash, ``egress_url`` is the proxy to leave through."""

    transport: Transport
    pool: AccountPool
    clock: Clock
    client: Callable[[], ClientIdentity]
    base_url: str
    egress_url: str | None = None


class UpstreamLookups:
    """Keeps what lookups found."""

    def __init__(self, parts: LookupParts) -> None:
        self._parts = parts
        self._routing: dict[str, AccountRouting | None] = {}
        self.catalogue: Catalogue = static_catalogue()
        self.fetched_at: float | None = None

    def place_of(self, account: Account) -> UpstreamPlace:
        """Where this account's calls go."""
        routing = self._routing.get(account.row_id)
        base_url = self._parts.base_url
        if routing is not None:
            base_url = followed(base_url, routing.origin)
        return UpstreamPlace(
            base_url=base_url,
            routing_override=routing.override if routing is not None else None,
            egress_url=self._parts.egress_url,
        )

    def listed_models(self) -> tuple[ModelFacts, ...]:
        """Every model that can be asked for, in order of preference."""
        return self.catalogue.listed()

    async def refresh(self) -> bool:
        """Ask for routing of every account and for the models of every plan; whether a model list came."""
        by_plan: dict[str, tuple[ModelFacts, ...]] = {}
        for plan, accounts in self._parts.pool.plans().items():
            for account in accounts:
                await self._check(account)
            models = await self._models_of(accounts)
            if models:
                by_plan[plan] = models
        if not by_plan:
            return False
        merged = {model.slug: model for models in by_plan.values() for model in models}
        self.catalogue = fetched_catalogue(merged.values())
        self.fetched_at = self._parts.clock.now()
        self._note_gaps(by_plan, merged.keys())
        return True

    def _note_gaps(self, by_plan: dict[str, tuple[ModelFacts, ...]], listed: AbstractSet[str]) -> None:
        until = self._parts.clock.now() + PLAN_MISS_SECONDS
        for plan, accounts in self._parts.pool.plans().items():
            missing = listed - {model.slug for model in by_plan[plan]} if plan in by_plan else frozenset[str]()
            for account in accounts:
                for slug in missing:
                    self._parts.pool.lacks_model(account.row_id, slug, until)

    async def _check(self, account: Account) -> None:
        call = build_account_check(self._parts.client(), account.credential)
        body = await self._ask(call, account)
        if body is not None:
            self._routing[account.row_id] = parse_account_check(body, account.credential.account_id)

    async def _models_of(self, accounts: Sequence[Account]) -> tuple[ModelFacts, ...]:
        for account in accounts:
            body = await self._ask(build_models_call(self._parts.client(), account.credential), account)
            if body is not None:
                return parse_models(body)
        return ()

    async def _ask(self, call: UpstreamCall, account: Account) -> bytes | None:
        route = Route(base_url=self._parts.base_url, account_id=account.row_id, egress_url=self._parts.egress_url)
        try:
            async with self._parts.transport.open(call, route) as reply:
                if reply.status != 200:
                    return None
                pieces: list[bytes] = []
                size_bytes = 0
                while size_bytes < MAX_REPLY_BYTES and (piece := await reply.read()):
                    pieces.append(piece)
                    size_bytes += len(piece)
                return b"".join(pieces)
        except TransportError:
            return None


def followed(base_url: str, origin: str) -> str:
    """``base_url`` at the account's own origin, where that may be followed; otherwise as it is."""
    base, told = urlsplit(base_url), urlsplit(origin)
    if not (base.scheme == told.scheme == "https" and _is_upstream(base.hostname) and _is_upstream(told.hostname)):
        return base_url
    return origin + base.path


def _is_upstream(host: str | None) -> bool:
    return host == _UPSTREAM_DOMAIN or (host or "").endswith(f".{_UPSTREAM_DOMAIN}")
