"""The dashboard's use cases over memory, with a clock that is set by hand."""

import itertools
from typing import Any

import pyotp

from codex_proxy.access.audit.checking import ChainCheck, Verdict
from codex_proxy.access.audit.entries import NO_SEAL, Change, Entry, key_of, opened, sealed
from codex_proxy.access.dashboard.sessions import SessionBook
from codex_proxy.operations.access.auditing import AuditUnwritable
from codex_proxy.operations.access.dashboard import Dashboard, DashboardParts, Visitor
from codex_proxy.operations.access.hashing import Hashing
from codex_proxy.operations.access.kept import KeptAdmin
from codex_proxy.operations.access.setup_links import SetupLinks

PASSWORD = "correct horse battery"
OTHER = "another one, as long"
PEPPER = b"pepper"
START = 1_700_000_000.0
OWNER = Visitor(address="127.0.0.1", agent="browser")
STRANGER = Visitor(address="203.0.113.5", agent="script")
HASHING = Hashing()


class MemoryAdmin:
    """Implements ``AdminStore``."""

    def __init__(self) -> None:
        self.kept = KeptAdmin()

    def load(self) -> KeptAdmin:
        return self.kept

    def save(self, kept: KeptAdmin) -> None:
        self.kept = kept


class MemoryAudit:
    """Implements ``AuditStore``; ``full`` where nothing can be written."""

    def __init__(self) -> None:
        self.key = key_of(PEPPER)
        self.lines: list[bytes] = []
        self.full = False

    def append(self, changes: tuple[Change, ...]) -> None:
        if self.full:
            raise AuditUnwritable("the disk is full")
        for change in changes:
            prev = opened(self.lines[-1], self.key)[1] if self.lines else NO_SEAL
            self.lines.append(sealed(change, seq=len(self.lines) + 1, prev=prev, key=self.key)[0])

    def entries(self, *, limit: int, before: int | None) -> tuple[Entry, ...]:
        found = [opened(line, self.key)[0] for line in reversed(self.lines)]
        return tuple([entry for entry in found if before is None or entry.seq < before][:limit])

    def verify(self) -> Verdict:
        check = ChainCheck(self.key)
        for number, line in enumerate(self.lines):
            check.feed(line, where=str(number))
        return check.end(None)


class Home:
    """A dashboard and what is behind it."""

    def __init__(self, **parts: Any) -> None:
        self.at = START
        self.running = 0.0
        self.store = MemoryAdmin()
        numbers = itertools.count(1)
        self.links = SetupLinks(self.store, pepper=PEPPER, new_token=lambda: f"token-{next(numbers)}")
        bytes_made = itertools.count(1)
        self.dashboard = Dashboard(
            DashboardParts(
                store=self.store,
                links=self.links,
                sessions=SessionBook(rest_seconds=lambda: 3600.0),
                hashing=HASHING,
                now=lambda: self.at,
                monotonic=lambda: self.running,
                new_bytes=lambda count: next(bytes_made).to_bytes(count, "big"),
                pepper=PEPPER,
                **parts,
            )
        )

    def code(self, *, steps: int = 0) -> str:
        """What the authenticator shows, or will show so many steps later."""
        assert self.store.kept.factor is not None
        return pyotp.TOTP(self.store.kept.factor.secret).at(int(self.at) + steps * 30)

    async def with_factor(self) -> tuple[str, ...]:
        """Set the password and put a second factor in force; its recovery codes."""
        await self.dashboard.change(PASSWORD)
        await self.dashboard.enrol()
        return await self.dashboard.confirm(self.code())
