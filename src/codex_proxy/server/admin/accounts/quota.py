"""Limits: ``/auth/accounts/{id}/quota``, its reset credits, and ``/auth/quota/warnings``.

Rules of this file: bodies in snake_case but for the warnings; what the upstream refused is a 502 with what helps.
Source: spec, accounts, 5 and 9.2.
"""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.accounts.quota.shown import ShownQuota
from codex_proxy.accounts.quota.warnings import QuotaWarning, Thresholds
from codex_proxy.operations.accounts.credits import ResetCreditDesk
from codex_proxy.operations.accounts.quota import QuotaLooks, QuotaReading
from codex_proxy.operations.accounts.views import AccountViews
from codex_proxy.operations.transfer.times import iso
from codex_proxy.protocols.codex.reset_credits import ResetCredits
from codex_proxy.server.admin.accounts.listing import ACCOUNT_PATH
from codex_proxy.server.admin.wire.bodies import ControlRequest, Done, RowId, unknown_members

UUID4: Final = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"


class Redeem(msgspec.Struct, frozen=True, kw_only=True):
    """An id under which the redemption can be asked for again; one is made where none is given."""

    redeem_request_id: Annotated[str, msgspec.Meta(pattern=UUID4)] | None = None


class RedeemedCredit(Done, frozen=True, kw_only=True):
    """The id it was redeemed under, and the limits afterwards."""

    redeem_request_id: str
    quota: ShownQuota | None


class WarningList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Windows that are nearly used up, as of ``updatedAt`` (ISO 8601)."""

    warnings: tuple[QuotaWarning, ...]
    updated_at: str


def quota_routes(
    quota: QuotaLooks,
    credits_: ResetCreditDesk,
    views: AccountViews,
    *,
    thresholds: Callable[[], Thresholds],
    now: Callable[[], float],
) -> list[HTTPRouteHandler]:
    """The routes; ``thresholds`` are asked each time."""

    @get(f"{ACCOUNT_PATH}/quota", may_fail=(409, 502), summary="Limits of an account")
    async def account_quota(row_id: RowId) -> QuotaReading:
        """The limits as they are shown, asked for now, and the upstream's own answer."""
        return await quota.one(row_id)

    @get(f"{ACCOUNT_PATH}/reset-credits", may_fail=(409, 502), summary="Reset credits of an account")
    async def reset_credits(row_id: RowId) -> ResetCredits:
        """Credits that reset its limits."""
        return await credits_.list(row_id)

    @post(
        f"{ACCOUNT_PATH}/reset-credits/consume",
        status_code=HTTP_200_OK,
        may_fail=(429, 502),
        summary="Redeem a reset credit",
    )
    async def redeem(request: ControlRequest, row_id: RowId, data: JSONBody[Redeem | None] = None) -> RedeemedCredit:
        """Once in half a minute; after an unclear answer the same redemption is asked for again."""
        done = await credits_.redeem(row_id, (data or Redeem()).redeem_request_id)
        return RedeemedCredit(
            redeem_request_id=done.request_id, quota=done.quota, warnings=await unknown_members(request, Redeem)
        )

    @get("/auth/quota/warnings", sync_to_thread=False, summary="Limits that are nearly reached")
    def quota_warnings() -> WarningList:
        """Computed from what is known now."""
        return WarningList(warnings=views.warnings(thresholds()), updated_at=iso(now()))

    return [account_quota, reset_credits, redeem, quota_warnings]
