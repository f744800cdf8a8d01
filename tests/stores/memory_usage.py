"""A store of usage that keeps nothing: every answer is added up anew from the records themselves."""

from collections.abc import Iterable, Mapping, Sequence

from codex_proxy.usage.buckets import Span, Sums, added, begin_of, sums_of
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Dimension, Line, Place, Selection, Window


class MemoryUsageStore:
    """Implements ``UsageStore``."""

    def __init__(self) -> None:
        self._events: dict[str, UsageEvent] = {}
        self._trimmed: dict[str, UsageEvent] = {}
        self._horizons: dict[Span, int] = {}

    async def keep(self, events: Sequence[UsageEvent]) -> int:
        """See ``UsageStore``."""
        known = len(self._events)
        for event in events:
            self._events.setdefault(event.event_id, event)
        return len(self._events) - known

    async def totals(
        self, windows: Sequence[Window], selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """See ``UsageStore``."""
        told = [(0, group, sums) for window in windows for _, group, sums in self._told(window, selection, group_by)]
        return _lines(told)

    async def series(
        self, window: Window, selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """See ``UsageStore``."""
        return _lines(self._told(window, selection, group_by))

    async def newest(
        self, begins_at: float, ends_at: float, selection: Selection, *, limit: int, before: Place | None = None
    ) -> tuple[UsageEvent, ...]:
        """See ``UsageStore``."""
        kept = [event for name, event in self._events.items() if name not in self._trimmed]
        fitting = [event for event in kept if begins_at <= event.at < ends_at and _fits(event, selection)]
        ordered = sorted(fitting, key=lambda event: (event.at, event.event_id), reverse=True)
        after = [e for e in ordered if before is None or (e.at, e.event_id) < (before.at, before.event_id)]
        return tuple(after[:limit])

    async def first_of(self, span: Span, *, since: int = 0) -> int | None:
        """See ``UsageStore``."""
        begins = {begin_of(event.at, span) for event in self._events.values()}
        return min((at for at in begins if at >= max(since, self._horizons.get(span, 0))), default=None)

    async def trim(self, horizons: Mapping[Span, int], *, events_before: float, limit: int) -> int:
        """See ``UsageStore``; here a bucket of a span counts as one however many facts it tells apart."""
        early = [name for name, event in self._events.items() if event.at < events_before and name not in self._trimmed]
        self._trimmed |= {name: self._events[name] for name in early[:limit]}
        gone = len(early[:limit])
        for span, horizon in horizons.items():
            before = {begin_of(event.at, span) for event in self._events.values()}
            gone += len([at for at in before if self._horizons.get(span, 0) <= at < horizon])
            self._horizons[span] = horizon
        return gone

    async def forget(self, begins_at: int, ends_at: int, *, limit: int) -> int:
        """See ``UsageStore``; here everything goes with its record."""
        names = [name for name, event in self._events.items() if begins_at <= event.at < ends_at][:limit]
        for name in names:
            del self._events[name]
        return len(names)

    def _told(
        self, window: Window, selection: Selection, group_by: Dimension | None
    ) -> Iterable[tuple[int, str, Sums]]:
        for event in self._events.values():
            at = begin_of(event.at, window.span)
            is_kept = at >= self._horizons.get(window.span, 0)
            if is_kept and window.begins_at <= at < window.ends_at and _fits(event, selection):
                yield at, "" if group_by is None else getattr(event.facts, group_by), sums_of(event)


def _fits(event: UsageEvent, selection: Selection) -> bool:
    return all(getattr(event.facts, name) == value for name, value in selection.values.items())


def _lines(told: Iterable[tuple[int, str, Sums]]) -> tuple[Line, ...]:
    groups: dict[tuple[int, str], list[Sums]] = {}
    for at, group, sums in told:
        groups.setdefault((at, group), []).append(sums)
    return tuple(Line(begins_at=at, group=group, sums=added(groups[at, group])) for at, group in sorted(groups))
