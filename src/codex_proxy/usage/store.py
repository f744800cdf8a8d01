"""The port behind which records and buckets of exchanges are kept, and what is asked of it.

Rules of this file: a record that is kept twice counts once; records and the buckets that they add up to are kept
together or not at all.  Every method raises the store's ``StoreUnusable``.  Times are epoch seconds (UTC).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from codex_proxy.usage.buckets import Span, Sums
from codex_proxy.usage.records import UsageEvent


class Dimension(StrEnum):
    """What exchanges can be told apart by; the values are the names in ``Facts``."""

    CLIENT_KEY = "client_key_id"
    ACCOUNT = "account_id"
    VENDOR = "vendor"
    MODEL = "model"
    DIALECT = "dialect"
    OUTCOME = "outcome"
    FAILURE = "failure"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The buckets of one span that begin within ``[begins_at, ends_at)``."""

    span: Span
    begins_at: int
    ends_at: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchanges: those that have each of these values."""

    values: Mapping[Dimension, str] = {}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What was used in one bucket by one group; ``group`` is empty without grouping."""

    begins_at: int
    group: str
    sums: Sums


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the order of records: after the one of this time and id."""

    at: float
    event_id: str


class UsageStore(Protocol):
    """Keeps them."""

    async def keep(self, events: Sequence[UsageEvent]) -> int:
        """Keep records and add them to their buckets; how many were new."""
        ...

    async def totals(
        self, windows: Sequence[Window], selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """What was used within all the windows together, by group; ``begins_at`` is 0."""
        ...

    async def series(
        self, window: Window, selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """What was used in each bucket of the window that has any, by time and group."""
        ...

    async def newest(
        self, begins_at: float, ends_at: float, selection: Selection, *, limit: int, before: Place | None = None
    ) -> tuple[UsageEvent, ...]:
        """The newest records that began within ``[begins_at, ends_at)``, latest first, after the place ``before``."""
        ...

    async def first_of(self, span: Span, *, since: int = 0) -> int | None:
        """When the earliest bucket of a span begins that does not begin before ``since``."""
        ...

    async def trim(self, horizons: Mapping[Span, int], *, events_before: float, limit: int) -> int:
        """Forget buckets of a span that begin before its horizon, and earlier records; ``limit`` of each at most.

        How many went.
        """
        ...

    async def forget(self, begins_at: int, ends_at: int, *, limit: int) -> int:
        """Forget what was used within the whole hours ``[begins_at, ends_at)`` of one day (UTC).

        ``limit`` records at most, and the sums with the last of them, out of those of their day as well; a part of a
        day wants its hourly sums.  How many records went: fewer than ``limit`` at the end.
        """
        ...
