"""The list of accounts and what happened to each: ``/auth/accounts``, ``/auth/accounts/{id}/events``.

Rules of this file: looking changes nothing, but ``quota=fresh`` asks the upstream first.  Source: spec, accounts, 9.2.
"""

from typing import Annotated, Final, Literal

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from codex_proxy.accounts.record import AccountEvent
from codex_proxy.operations.accounts.changes import AccountChanges
from codex_proxy.operations.accounts.quota import QuotaLooks, QuotaSweep
from codex_proxy.operations.accounts.views import AccountView, AccountViews, PersistenceView
from codex_proxy.operations.transfer.times import iso
from codex_proxy.server.admin.wire.bodies import RowId

ACCOUNTS_PATH: Final = "/auth/accounts"
ACCOUNT_PATH: Final = f"{ACCOUNTS_PATH}/{{row_id:str}}"
MOST_EVENTS: Final = 1000

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_EVENTS, description="How many, newest first.")]


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """Every account, oldest first; ``quota_query`` tells what became of asking for fresh limits."""

    accounts: tuple[AccountView, ...]
    persistence_health: PersistenceView
    quota_query: QuotaSweep | msgspec.UnsetType = msgspec.UNSET


class EventView(msgspec.Struct, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """One change of an account's status; ``at`` is ISO 8601, ``evidence`` what was seen."""

    at: str
    before: str
    after: str
    reason: str
    evidence: dict[str, str]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an account, newest first."""

    events: tuple[EventView, ...]


def listing_routes(views: AccountViews, quota: QuotaLooks, changes: AccountChanges) -> list[HTTPRouteHandler]:
    """The routes."""

    @get(ACCOUNTS_PATH, summary="Accounts")
    async def accounts(
        wanted: Annotated[Literal["true", "false", "fresh"], QueryParameter(name="quota")] = "true",
    ) -> AccountList:
        """Every account with its limits as they are known; ``quota=fresh`` asks the upstream for them first."""
        sweep = await quota.all() if wanted == "fresh" else msgspec.UNSET
        return AccountList(accounts=await views.all(), persistence_health=views.persistence(), quota_query=sweep)

    @get(f"{ACCOUNT_PATH}/events", summary="Timeline of an account")
    async def events(row_id: RowId, limit: Limit = 100) -> Timeline:
        """Every change of the account's status, and why."""
        found = await changes.events(row_id, limit=limit)
        return Timeline(events=tuple(_event(event) for event in found))

    return [accounts, events]


def _event(event: AccountEvent) -> EventView:
    return EventView(
        at=iso(event.at), before=event.before, after=event.after, reason=event.reason, evidence=event.evidence
    )
