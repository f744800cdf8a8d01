"""What the owner does with the error log: look, say what he thinks of it, report what happened elsewhere.

Rules of this file: everything that touches the file runs off the loop.  What is expected to happen (a limit, a client
that left) is counted with the requests and is no error.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.error_log.pace import ReportPace
from codex_proxy.operations.error_log.reports import Cleaning, ErrorReport, kept_report, trouble_of_report
from codex_proxy.operations.error_log.store import ErrorGroup, ErrorStore, GroupState
from codex_proxy.operations.error_log.views import (
    ErrorGroupView,
    RawErrors,
    entry_of_report,
    entry_of_row,
    group_view,
)
from codex_proxy.operations.request_log.store import LogStore, Wanted
from codex_proxy.operations.request_log.views import summary_of

_ERRORS: Final = Wanted(errors_only=True)


class NoSuchGroup(Exception):
    """There is no group of errors of this signature, or none any more."""


class TooManyReports(Exception):
    """Others were reported just now; one may be after ``wait_seconds``."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("too many errors were reported in the last minute")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDeskParts:
    """What the desk works with; reports are kept where it ``is_on`` just then."""

    errors: ErrorStore
    log: LogStore
    cleaning: Cleaning
    clock: Clock
    version: str
    platform: str
    is_on: Callable[[], bool] = lambda: True


class ErrorDesk:
    """The owner's desk.  Its verbs raise ``LogUnusable``."""

    def __init__(self, parts: ErrorDeskParts) -> None:
        self._parts = parts
        self._pace = ReportPace()

    async def groups(self, state: GroupState | None = None) -> tuple[ErrorGroupView, ...]:
        """The groups, last seen first; only those of ``state`` where one is named."""
        found = await self._groups()
        return tuple(group_view(group) for group in found if state is None or group.state is state)

    async def raw(self, limit: int) -> RawErrors:
        """Single errors, newest first."""
        parts = self._parts
        page = await asyncio.to_thread(parts.log.page, _ERRORS, limit=limit)
        reports = await asyncio.to_thread(parts.errors.reports, limit)
        told = [
            *((row.at, entry_of_row(row)) for row in page.rows),
            *((report.at, entry_of_report(signature, report)) for signature, report in reports),
        ]
        told.sort(key=lambda each: each[0], reverse=True)
        return RawErrors(
            entries=tuple(entry for _, entry in told[:limit]),
            records=tuple(summary_of(row) for row in page.rows),
            total=page.total,
            offset=0,
            limit=limit,
            next_cursor=page.rows[-1].seq if page.total > len(page.rows) > 0 else None,
        )

    async def counts(self) -> tuple[int, int]:
        """Errors in all groups, and those of open groups that came since somebody looked."""
        groups = await self._groups()
        unread = sum(group.unread_count for group in groups if group.state is GroupState.OPEN)
        return sum(group.count for group in groups), unread

    async def saw(self) -> int:
        """Somebody looked; how many errors there were."""
        return await asyncio.to_thread(self._parts.errors.see)

    async def think(self, signature: str, state: GroupState) -> ErrorGroupView:
        """Think so of a group, which is given back; raises ``NoSuchGroup``."""
        if await asyncio.to_thread(self._parts.errors.set_state, signature, state):
            for group in await self._groups():
                if group.signature == signature:
                    return group_view(group)
        raise NoSuchGroup("there is no group of errors of this signature, or none any more")

    async def report(self, report: ErrorReport) -> bool:
        """Something happened; whether it is kept.  Raises ``InvalidReport`` and ``TooManyReports``."""
        parts = self._parts
        wait = self._pace.begin(parts.clock.monotonic())
        if wait:
            raise TooManyReports(wait)
        if not parts.is_on():
            return False
        kept = kept_report(report, parts.cleaning, at=parts.clock.now(), version=parts.version, platform=parts.platform)
        await asyncio.to_thread(parts.errors.add, trouble_of_report(kept), kept)
        return True

    async def clear(self) -> None:
        """Forget every group."""
        await asyncio.to_thread(self._parts.errors.clear)

    async def _groups(self) -> tuple[ErrorGroup, ...]:
        return await asyncio.to_thread(self._parts.errors.groups)
