"""The journal: what happened to accounts and has still to be written or done elsewhere.

Rules of this file: no clock.  Bounded; what is lost by that is counted, and what could not be written is marked anew.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from codex_proxy.accounts.lifecycle.effects import Effect
from codex_proxy.accounts.record import AccountEvent

MAX_EVENTS: Final = 10_000


class Journal:
    """Changed conditions, events and effects since each was taken last."""

    def __init__(self, *, limit: int = MAX_EVENTS) -> None:
        self._dirty: dict[str, None] = {}
        self._events: deque[AccountEvent] = deque(maxlen=limit)
        self._effects: deque[tuple[str, Effect]] = deque(maxlen=limit)
        self.lost_count = 0

    def changed(self, row_id: str) -> None:
        """An account's condition is another one."""
        self._dirty[row_id] = None

    def tell(self, event: AccountEvent) -> None:
        """Something happened to an account."""
        self.lost_count += len(self._events) == self._events.maxlen
        self._events.append(event)

    def ask(self, row_id: str, effects: Iterable[Effect]) -> None:
        """Something has to be done about an account."""
        for effect in effects:
            self.lost_count += len(self._effects) == self._effects.maxlen
            self._effects.append((row_id, effect))

    def forget(self, row_ids: Iterable[str]) -> None:
        """These accounts are gone, and what was to be written of their conditions with them."""
        for row_id in row_ids:
            self._dirty.pop(row_id, None)

    def take_dirty(self) -> tuple[str, ...]:
        """Accounts whose conditions have to be written."""
        taken = tuple(self._dirty)
        self._dirty.clear()
        return taken

    def take_events(self) -> tuple[AccountEvent, ...]:
        """What happened, in order."""
        taken = tuple(self._events)
        self._events.clear()
        return taken

    def take_effects(self) -> tuple[tuple[str, Effect], ...]:
        """What has to be done, in order, by row id."""
        taken = tuple(self._effects)
        self._effects.clear()
        return taken
