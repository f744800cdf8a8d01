"""Which rows of the log somebody wants: query parameters.

Rules of this file: everything is bounded; a status may be a class, such as ``4xx``.
"""

from typing import Annotated, Final, Literal

import msgspec
from litestar.di import Provide
from litestar.params import QueryParameter

from codex_proxy.operations.request_log.store import Wanted
from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.server.admin.wire.errors import ControlError

MOST_LINES: Final = 200
USUAL_LINES: Final = 50
_MOST_NUMBER: Final = 2**53

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_LINES, description="Lines of a page.")]
Offset = Annotated[int, QueryParameter(ge=0, le=_MOST_NUMBER, description="Lines to pass over.")]
Cursor = Annotated[
    int | None, QueryParameter(ge=0, le=_MOST_NUMBER, description="`next_cursor` of the page before this one.")
]
Direction = Annotated[
    Literal["all", "ingress", "egress"],
    QueryParameter(description="`egress` leaves out what asked no upstream; every line is a client's request."),
]
Search = Annotated[
    str,
    QueryParameter(max_length=256, description="Words in ids, path, model, account, key, failure or error message."),
]
Status = Annotated[
    str | None, QueryParameter(pattern=r"^[1-5](?:xx|\d\d)$", description="A status, or a class such as 4xx.")
]
ErrorsOnly = Annotated[bool, QueryParameter(description="Whether only what failed is wanted.")]
Latency = Annotated[float | None, QueryParameter(ge=0, description="Milliseconds that it took at least.")]
Name = Annotated[str | None, QueryParameter(max_length=256)]
From = Annotated[str | None, QueryParameter(name="from", max_length=40, description="Not before this (ISO 8601).")]
To = Annotated[str | None, QueryParameter(name="to", max_length=40, description="Before this (ISO 8601).")]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page begins and how long it is."""

    limit: int
    offset: int
    before: int | None


class What(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request, and when it came."""

    search: str
    statuses: tuple[int, int] | None
    errors_only: bool
    min_duration_ms: float | None


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked whom for what."""

    model: str | None
    account: str | None
    key: str | None
    provider: str | None
    dialect: str | None
    failure: str | None


class When(msgspec.Struct, frozen=True, kw_only=True):
    """Between which seconds, and whether an upstream was asked."""

    since: float | None
    until: float | None
    asked_upstream: bool


def place_of(limit: Limit = USUAL_LINES, offset: Offset = 0, cursor: Cursor = None) -> Place:
    """The page."""
    return Place(limit=limit, offset=offset, before=cursor)


def what_of(
    *, search: Search = "", status: Status = None, errors_only: ErrorsOnly = False, min_latency_ms: Latency = None
) -> What:
    """What is wanted."""
    return What(
        search=search,
        statuses=None if status is None else _statuses(status),
        errors_only=errors_only,
        min_duration_ms=min_latency_ms,
    )


def whose_of(
    *,
    model: Name = None,
    account: Name = None,
    key: Name = None,
    provider: Name = None,
    dialect: Name = None,
    failure: Name = None,
) -> Whose:
    """Whose requests."""
    return Whose(model=model, account=account, key=key, provider=provider, dialect=dialect, failure=failure)


def when_of(since: From = None, until: To = None, direction: Direction = "all") -> When:
    """The span of time."""
    return When(since=_time("from", since), until=_time("to", until), asked_upstream=direction == "egress")


FILTERS: Final = {
    name: Provide(made, sync_to_thread=False)
    for name, made in (("place", place_of), ("what", what_of), ("whose", whose_of), ("when", when_of))
}
"""What a route that takes these filters depends on."""


EVERYWHERE: Final = place_of()
"""The place of what is no page."""


def wanted_of(place: Place, what: What, whose: Whose, when: When) -> Wanted:
    """The rows."""
    low, high = what.statuses or (None, None)
    return Wanted(
        search=what.search,
        status_from=low,
        status_below=high,
        errors_only=what.errors_only,
        min_duration_ms=what.min_duration_ms,
        before=place.before,
        **msgspec.structs.asdict(whose),
        **msgspec.structs.asdict(when),
    )


def _statuses(told: str) -> tuple[int, int]:
    if told.endswith("xx"):
        return int(told[0]) * 100, int(told[0]) * 100 + 100
    return int(told), int(told) + 1


def _time(name: str, told: str | None) -> float | None:
    at = None if told is None else read_iso(told)
    if told is not None and at is None:
        raise ControlError(400, "invalid_request", f"{name} is no time such as 2026-11-26T08:00:00Z")
    return at
