"""Writes down what was changed, and by whom.

Rules of this file: a change is never undone because it could not be written down: the loss is counted, shown, and told
in the log by the next entry that can be written.  Refusals of strangers are written down so many a minute, the others
counted, so that nobody fills the disk by knocking.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from codex_proxy.access.audit.checking import Verdict
from codex_proxy.access.audit.entries import Change, Entry
from codex_proxy.operations.metrics.families import Counter, Family
from codex_proxy.operations.transfer.times import iso

REFUSALS_PER_MINUTE: Final = 30
LOST: Final = "codex_proxy_audit_entries_lost_total"
GATEWAY: Final = "gateway"
"""Who writes what nobody asked for."""


class AuditUnwritable(Exception):
    """The log cannot be read or written; one sentence."""


class AuditStore(Protocol):
    """Where entries are kept; each may raise ``AuditUnwritable``."""

    def append(self, changes: tuple[Change, ...]) -> None:
        """Keep these, in this order."""
        ...

    def entries(self, *, limit: int, before: int | None) -> tuple[Entry, ...]:
        """The last entries before this number, newest first."""
        ...

    def verify(self) -> Verdict:
        """Whether the log is whole."""
        ...


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did or was refused; ``stranger`` where nobody knows who it was."""

    who: str
    address: str
    action: str
    target: str
    outcome: str
    details: Mapping[str, str | int] = {}
    stranger: bool = False


class Auditing:
    """The log of one gateway."""

    def __init__(
        self, store: AuditStore, *, now: Callable[[], float], complain: Callable[[str, Exception], None]
    ) -> None:
        self.store = store
        self._now = now
        self._complain = complain
        self._writing = asyncio.Lock()
        self._untold_count = 0
        self._unheard_count = 0
        self._minute, self._refusal_count = 0, 0
        self.lost_count = 0
        self._losses = Counter(LOST, "Changes that the log of changes does not tell of.")

    def families(self) -> tuple[Family, ...]:
        """What metrics tell of it."""
        return self._losses.families()

    async def write(self, deed: Deed) -> None:
        """Write it down; never raises."""
        if deed.stranger and not self._has_room():
            self._unheard_count += 1
            return
        async with self._writing:
            changes = (*self._owed(), self._change(deed))
            try:
                await asyncio.to_thread(self.store.append, changes)
            except AuditUnwritable as error:
                self.lost_count += 1
                self._losses.add()
                self._untold_count += 1
                self._complain("audit log", error)
                return
            self._untold_count = self._unheard_count = 0

    def _change(self, deed: Deed) -> Change:
        return Change(
            at=iso(self._now()),
            who=deed.who,
            address=deed.address,
            action=deed.action,
            target=deed.target,
            outcome=deed.outcome,
            details=deed.details,
        )

    def _owed(self) -> tuple[Change, ...]:
        """What was not written down, told before the next entry."""
        details = {"changes": self._untold_count, "refusals": self._unheard_count}
        if not any(details.values()):
            return ()
        lost = {name: count for name, count in details.items() if count}
        return (Change(at=iso(self._now()), who=GATEWAY, address="", action="entries lost", details=lost),)

    def _has_room(self) -> bool:
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute, self._refusal_count = minute, 0
        self._refusal_count += 1
        return self._refusal_count <= REFUSALS_PER_MINUTE
