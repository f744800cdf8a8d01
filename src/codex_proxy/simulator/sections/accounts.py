"""Accounts of a scenario: who they are, what they may use, and how they stand.

Rules of this file: data only.  Percentages are 0-100, times seconds; a reset is told from the moment the account is
first seen.  Source: windows, buckets and plans of real replies.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec

Percent: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=100)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]

HOURS_SECONDS: Final = 18_000
WEEK_SECONDS: Final = 604_800


class Standing(StrEnum):
    """How the backend answers everything an account asks; ``active`` lets it through."""

    ACTIVE = "active"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REVOKED = "token_revoked"
    TOKEN_INVALIDATED = "token_invalidated"
    UNAUTHORIZED = "unauthorized"
    PAYMENT_REQUIRED = "payment_required"
    DEACTIVATED_WORKSPACE = "deactivated_workspace"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    USER_SUSPENDED = "user_suspended"
    FORBIDDEN = "forbidden"


class WindowSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One counter: its length, how full it is, and how much a request adds.

    ``at_most_percent`` below 100 never runs out; ``resets_in_seconds`` is the first reset, after which every
    ``seconds`` another follows; ``tells_reset`` False keeps the reset to itself, as some replies do.
    """

    seconds: Annotated[int, msgspec.Meta(ge=1)]
    used_percent: Percent = 0.0
    per_request_percent: Percent = 0.0
    at_most_percent: Percent = 100.0
    resets_in_seconds: Seconds | None = None
    tells_reset: bool = True


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two counters; either may be missing."""

    primary: WindowSettings | None = None
    secondary: WindowSettings | None = None


class BucketSettings(LimitSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counters of their own for models whose name contains one of ``models``."""

    name: str
    models: list[str]


class CreditSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paid credits, which a request spends where its windows are full."""

    balance: Decimal = Decimal(0)
    unlimited: bool = False
    per_request: Decimal = Decimal(1)


class ResetCreditSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One credit that empties the account's windows when it is redeemed."""

    expires_in_seconds: float = WEEK_SECONDS * 4.0
    reset_type: str = "primary_and_secondary"


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account: ``id`` is the workspace's, ``user`` the member's; members of one workspace share the former.

    Without windows of its own it has its plan's usual ones, which do not run out.  ``plan`` is what the backend
    believes, whatever the token says; ``models`` are the slugs it has, instead of its plan's.  ``usage_lags_seconds``
    is how late ``/wham/usage`` knows of a request.
    """

    id: str
    user: str | None = None
    email: str | None = None
    plan: str | None = None
    standing: Standing = Standing.ACTIVE
    models: list[str] | None = None
    primary: WindowSettings | None = None
    secondary: WindowSettings | None = None
    buckets: dict[str, BucketSettings] = {}
    code_review: LimitSettings | None = None
    credits: CreditSettings | None = None
    reset_credits: list[ResetCreditSettings] = []
    usage_lags_seconds: Seconds = 0.0


USUAL_ACCOUNTS: Final = (AccountSettings(id="account-1", plan="plus"), AccountSettings(id="account-2", plan="pro"))
"""Who can log in where a scenario names nobody."""

_HOURS: Final = WindowSettings(
    seconds=HOURS_SECONDS,
    used_percent=12.0,
    per_request_percent=0.1,
    at_most_percent=95.0,
    resets_in_seconds=HOURS_SECONDS / 2,
)
_WEEK: Final = WindowSettings(
    seconds=WEEK_SECONDS,
    used_percent=3.0,
    per_request_percent=0.025,
    at_most_percent=95.0,
    resets_in_seconds=WEEK_SECONDS / 2,
)


def usual_limits(plan: str) -> LimitSettings:
    """The windows of a plan; the free one has a single window, of a week."""
    return LimitSettings(primary=_WEEK) if plan == "free" else LimitSettings(primary=_HOURS, secondary=_WEEK)
