"""What the owner does with the log: look, search, switch it, clear it, look on.

Rules of this file: everything that reads the file runs off the loop; what the owner switches is kept for the next
start, bodies excepted, which end by themselves.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from codex_proxy.operations.request_log.figures import Figures
from codex_proxy.operations.request_log.state import Level, LogSwitch
from codex_proxy.operations.request_log.store import Entry, LogStore, LogUnusable, LogWriter, Retention, Wanted
from codex_proxy.operations.request_log.tail import Tail
from codex_proxy.operations.request_log.views import LogRecord, LogSummary, record_of, summary_of
from codex_proxy.operations.settings.parts import SettingsKeeper
from codex_proxy.operations.transfer.times import iso

ENABLED: Final = "logs.enabled"
MOST_HOURS: Final = 24 * 7


class NoSuchEntry(Exception):
    """The log has no request of this id, or none any more."""


class StateChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; members that are left out stay.  ``bodies_hours`` says how long bodies are kept."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    level: Level | msgspec.UnsetType = msgspec.UNSET
    bodies_hours: Annotated[float, msgspec.Meta(gt=0, le=MOST_HOURS)] | msgspec.UnsetType = msgspec.UNSET


class StateView(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept now: ``size`` rows of ``capacity``, ``dropped`` ones lost since the start."""

    enabled: bool
    paused: bool
    level: Level
    bodies_until: str | None
    llm_only: bool
    dropped: int
    size: int
    capacity: int
    size_bytes: int
    max_bytes: int


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines, newest first; ``next_cursor`` asks for those before them, null at the end."""

    records: tuple[LogSummary, ...]
    total: int
    offset: int
    limit: int
    next_cursor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What the desk works with."""

    store: LogStore
    writer: LogWriter
    switch: LogSwitch
    retention: Callable[[], Retention]
    tail: Tail
    keeper: SettingsKeeper


class LogDesk:
    """The owner's desk."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._changing = asyncio.Lock()

    @property
    def tail(self) -> Tail:
        """Where to look on."""
        return self._parts.tail

    async def page(self, wanted: Wanted, *, limit: int, offset: int) -> LogPage:
        """Lines that are wanted; raises ``LogUnusable``."""
        found = await asyncio.to_thread(self._parts.store.page, wanted, limit=limit, offset=offset)
        has_more = len(found.rows) == limit and offset + limit < found.total
        return LogPage(
            records=tuple(summary_of(row) for row in found.rows),
            total=found.total,
            offset=offset,
            limit=limit,
            next_cursor=found.rows[-1].seq if has_more else None,
        )

    async def figures(self, wanted: Wanted) -> Figures:
        """What the rows that are wanted come to; raises ``LogUnusable``."""
        return await asyncio.to_thread(self._parts.store.figures, wanted)

    async def record(self, request_id: str) -> LogRecord:
        """One request whole; raises ``NoSuchEntry`` and ``LogUnusable``."""
        return record_of(await self.entry(request_id))

    async def entry(self, request_id: str) -> Entry:
        """One request as it is kept; raises ``NoSuchEntry`` and ``LogUnusable``."""
        found = await asyncio.to_thread(self._parts.store.entry, request_id)
        if found is None:
            raise NoSuchEntry(f"the log has no request {request_id!r}, or none any more")
        return found

    async def state(self) -> StateView:
        """What is kept now; a log that cannot be read is an empty one here."""
        parts, retention = self._parts, self._parts.retention()
        try:
            volume = await asyncio.to_thread(parts.store.volume)
            size, size_bytes = volume.row_count, volume.size_bytes
        except LogUnusable:
            size = size_bytes = 0
        until = parts.switch.bodies_until
        return StateView(
            enabled=parts.switch.level is not Level.OFF,
            paused=parts.switch.is_paused,
            level=parts.switch.level,
            bodies_until=None if until is None else iso(until),
            llm_only=parts.switch.policy.protocol_only,
            dropped=parts.writer.dropped_count,
            size=size,
            capacity=retention.count,
            size_bytes=size_bytes,
            max_bytes=retention.size_bytes,
        )

    async def change(self, change: StateChange) -> StateView:
        """Make the change; raises ``SettingsNotKept``, and nothing has changed then."""
        switch = self._parts.switch
        async with self._changing:
            level = _level(change, switch.level)
            is_on = level is not Level.OFF
            if is_on is not (switch.level is not Level.OFF):
                await self._parts.keeper.keep(_kept(is_on=is_on))
            if level is not switch.level or change.bodies_hours is not msgspec.UNSET:
                hours = change.bodies_hours
                seconds = switch.policy.bodies_seconds if hours is msgspec.UNSET else hours * 3600
                switch.change(msgspec.structs.replace(switch.policy, level=level, bodies_seconds=seconds))
            if change.paused is not msgspec.UNSET:
                switch.is_paused = change.paused
        return await self.state()

    async def clear(self) -> None:
        """Forget every request; raises ``LogUnusable``."""
        await asyncio.to_thread(self._parts.store.clear)


def _level(change: StateChange, now: Level) -> Level:
    if change.level is not msgspec.UNSET:
        return change.level
    if change.enabled is msgspec.UNSET or change.enabled is (now is not Level.OFF):
        return now
    return Level.METADATA if change.enabled else Level.OFF


def _kept(*, is_on: bool) -> Mapping[str, Any]:
    return {ENABLED: is_on}
