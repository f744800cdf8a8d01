"""What the request log needs of whatever keeps it, and what is asked of it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from codex_proxy.operations.request_log.figures import Figures
from codex_proxy.operations.request_log.items import Item
from codex_proxy.operations.request_log.rows import Row


class LogUnusable(Exception):
    """The log cannot be read or changed now; one sentence."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept: so many rows, so long (seconds), so many bytes; the oldest go first.

    Groups of errors take ``error_bytes`` of texts at most; none are kept without ``keeps_errors``.
    """

    count: int = 10_000
    age_seconds: float = 72 * 3600.0
    size_bytes: int = 200_000_000
    keeps_errors: bool = True
    error_bytes: int = 10_485_760


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows; what is None or empty does not matter.

    ``status_from`` and ``status_below`` bound the status; ``since`` and ``until`` are epoch seconds.  ``before`` is the
    ``seq`` that the rows come before.
    """

    search: str = ""
    status_from: int | None = None
    status_below: int | None = None
    model: str | None = None
    account: str | None = None
    key: str | None = None
    provider: str | None = None
    dialect: str | None = None
    failure: str | None = None
    min_duration_ms: float | None = None
    errors_only: bool = False
    asked_upstream: bool = False
    since: float | None = None
    until: float | None = None
    before: int | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, newest first, and how many there are without a page's bounds."""

    rows: tuple[Row, ...]
    total: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row whole; ``bodies`` is what was kept of them, None where nothing was."""

    row: Row
    bodies: dict[str, Any] | None


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept."""

    row_count: int
    size_bytes: int


class LogStore(Protocol):
    """Keeps the log.  Reading verbs may take long and raise ``LogUnusable``; they are called off the loop."""

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0) -> Page:
        """Rows that are wanted."""
        ...

    def entry(self, request_id: str) -> Entry | None:
        """One row whole; None where there is none, or none any more."""
        ...

    def figures(self, wanted: Wanted) -> Figures:
        """What the rows that are wanted come to; their place is passed over."""
        ...

    def volume(self) -> Volume:
        """How much is kept."""
        ...

    def clear(self) -> None:
        """Forget every row."""
        ...


class LogWriter(Protocol):
    """Takes what is told and writes it later, in a thread of its own."""

    @property
    def dropped_count(self) -> int:
        """What was told and not kept: the queue was full, or the file could not be written."""
        ...

    def add(self, item: Item, size_bytes: int) -> None:
        """Write this; returns at once, whatever happens."""
        ...


Written = Callable[[Sequence[Row]], None]
"""Told the rows that were just written; called in the log's thread."""
