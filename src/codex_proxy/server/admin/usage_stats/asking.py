"""What a request asks of usage statistics: which exchanges, of which period.

Rules of this file: a value is matched as it is, and an empty one means exchanges that have none.
Source: spec, accounts, 11.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar.di import Provide
from litestar.params import QueryParameter

from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.operations.usage_stats.periods import ALL, Granularity, InvalidPeriod, Period, period_of
from codex_proxy.server.admin.usage_stats.shapes import Hours
from codex_proxy.usage.records import Outcome
from codex_proxy.usage.store import Dimension, Selection

MOST_TEXT: Final = 200
MOST_RAW: Final = 10_000
MOST_EXPORTED: Final = 1_000_000
A_DAY: Final = "24"


class Form(StrEnum):
    """What a file of usage is written in."""

    CSV = "csv"
    JSON = "json"


class GroupBy(StrEnum):
    """What usage can be told apart by; ``client_key`` and ``provider`` are other words for ``key`` and ``vendor``."""

    MODEL = "model"
    ACCOUNT = "account"
    KEY = "key"
    CLIENT_KEY = "client_key"
    VENDOR = "vendor"
    PROVIDER = "provider"
    DIALECT = "dialect"
    STATUS = "status"
    FAILURE = "failure"


DIMENSIONS: Final[Mapping[GroupBy, Dimension]] = {
    GroupBy.MODEL: Dimension.MODEL,
    GroupBy.ACCOUNT: Dimension.ACCOUNT,
    GroupBy.KEY: Dimension.CLIENT_KEY,
    GroupBy.CLIENT_KEY: Dimension.CLIENT_KEY,
    GroupBy.VENDOR: Dimension.VENDOR,
    GroupBy.PROVIDER: Dimension.VENDOR,
    GroupBy.DIALECT: Dimension.DIALECT,
    GroupBy.STATUS: Dimension.OUTCOME,
    GroupBy.FAILURE: Dimension.FAILURE,
}


def _text(words: str) -> QueryParameter:
    return QueryParameter(max_length=MOST_TEXT, description=words)


def _moment(name: str, words: str) -> QueryParameter:
    return QueryParameter(name=name, max_length=40, description=f"{words} (ISO 8601, UTC where no offset is told).")


Key: TypeAlias = Annotated[str | None, _text("Id of a client key.")]
Account: TypeAlias = Annotated[str | None, _text("Row id of an account or vendor key.")]
Vendor: TypeAlias = Annotated[str | None, _text("Name of a vendor; `codex` for the accounts.")]
Model: TypeAlias = Annotated[str | None, _text("Model that answered, by the upstream's name.")]
Dialect: TypeAlias = Annotated[str | None, _text("Dialect of the client.")]
Status: TypeAlias = Annotated[Outcome | None, QueryParameter(description="How exchanges ended.")]
HoursText: TypeAlias = Annotated[str | None, _text("Hours before now, or `all`.")]
Begin: TypeAlias = Annotated[str | None, _moment("from", "Beginning of the period")]
End: TypeAlias = Annotated[str | None, _moment("to", "End of the period; now without it")]
Apart: TypeAlias = Annotated[GroupBy | None, QueryParameter(description="What to tell apart.")]
Fineness: TypeAlias = Annotated[Granularity, QueryParameter(description="`raw` is exchange by exchange.")]
Zone: TypeAlias = Annotated[str, QueryParameter(max_length=64, description="Time zone whose days are told.")]
FileForm: TypeAlias = Annotated[Form, QueryParameter(name="format", description="What the file is written in.")]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST_RAW, description="How many raw points, the newest.")]


From: TypeAlias = Annotated[str, _moment("from", "Beginning of the period, a whole hour")]
To: TypeAlias = Annotated[str, _moment("to", "End of the period, a whole hour")]


class AskedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period as it was asked for."""

    hours: str | None = None
    begins_at: str | None = None
    ends_at: str | None = None

    def resolved(self, *, now: float, otherwise: str) -> Period:
        """The period; that of the hours ``otherwise`` where none was told.  Raises ``InvalidPeriod``."""
        told = period_of(self.hours, _moment_of("from", self.begins_at), _moment_of("to", self.ends_at), now=now)
        return told or period_of(otherwise, None, None, now=now) or Period(begins_at=None, ends_at=now)

    @property
    def shown_hours(self) -> Hours:
        """The hours, for the answer."""
        return "all" if self.hours == ALL else None if self.hours is None else float(self.hours)


def dimension_of(group_by: GroupBy | None) -> Dimension | None:
    """What to tell apart, in the words of the statistics."""
    return None if group_by is None else DIMENSIONS[group_by]


def asked_period(hours: HoursText = None, begins_at: Begin = None, ends_at: End = None) -> AskedPeriod:
    """Which period."""
    return AskedPeriod(hours=hours, begins_at=begins_at, ends_at=ends_at)


def asked_selection(  # noqa: PLR0917 - each is a name of the query
    key: Key = None,
    account: Account = None,
    vendor: Vendor = None,
    model: Model = None,
    dialect: Dialect = None,
    status: Status = None,
) -> Selection:
    """Which exchanges."""
    told = {
        Dimension.CLIENT_KEY: key,
        Dimension.ACCOUNT: account,
        Dimension.VENDOR: vendor,
        Dimension.MODEL: model,
        Dimension.DIALECT: dialect,
        Dimension.OUTCOME: status,
    }
    return Selection(values={dimension: str(value) for dimension, value in told.items() if value is not None})


def told_moment(name: str, told: str) -> float:
    """The moment that is told under this name; raises ``InvalidPeriod``."""
    at = read_iso(told.replace(" ", "+"))  # what a plus sign in a query means
    if at is None:
        raise InvalidPeriod(f"{name} is no time such as 2026-11-26T00:00:00Z")
    return at


ASKED: Final[dict[str, Any]] = {
    "selection": Provide(asked_selection, sync_to_thread=False),
    "period": Provide(asked_period, sync_to_thread=False),
}
"""What every question about usage has."""


def _moment_of(name: str, told: str | None) -> float | None:
    return None if told is None else told_moment(name, told)
