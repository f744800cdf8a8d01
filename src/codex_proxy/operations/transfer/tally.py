"""What becomes of an import, row by row.

Rules of this file: every row ends in exactly one of four ways, and whoever brought it learns why it was not taken.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.formats.rows import AccountRow, InvalidRow, Row, SkippedRow
from codex_proxy.operations.jobs_book import Progress, Ticket

NEWER_HERE: Final = "the credential that is here was issued later and stays (skipped_older)"


class Fate(StrEnum):
    """What became of a row."""

    ADDED = "added"
    UPDATED = "updated"
    SKIPPED = "skipped"
    FAILED = "failed"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did.

    ``success`` says that it went to its end; ``errors`` are the failed rows, ``notes`` what was passed over or left
    out, each naming its row.
    """

    success: bool
    added: int
    updated: int
    skipped: int
    failed: int
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Tally:
    """Counts rows and tells how far an import is."""

    def __init__(self, rows: Sequence[Row], ticket: Ticket) -> None:
        self._total = len(rows)
        self._ticket = ticket
        self._fates: Counter[Fate] = Counter()
        self._errors: list[tuple[int, str]] = []
        self._notes: list[tuple[int, str]] = []
        self._stopped: str | None = None
        for row in rows:
            if isinstance(row, InvalidRow):
                self.failed(row.index, row.reason)
            elif isinstance(row, SkippedRow):
                self.skipped(row.index, row.reason)
        self.tell()

    def taken(self, row: AccountRow, *, added: bool) -> None:
        """The account is here."""
        self._fates[Fate.ADDED if added else Fate.UPDATED] += 1
        if row.note is not None:
            self.note(row.index, row.note)

    def skipped(self, index: int, reason: str) -> None:
        """The row was passed over."""
        self._fates[Fate.SKIPPED] += 1
        self.note(index, f"skipped: {reason}")

    def failed(self, index: int, reason: str) -> None:
        """The row brought no account that works."""
        self._fates[Fate.FAILED] += 1
        self._errors.append((index, reason))

    def note(self, index: int, words: str) -> None:
        """Something about a row, or with 0 about the file."""
        self._notes.append((index, words))

    def stop(self, reason: str) -> None:
        """The import ends here."""
        self._stopped = reason

    def tell(self) -> None:
        """Tell how far it is."""
        counts = {fate.value: self._fates[fate] for fate in Fate}
        self._ticket.tell(Progress(done=self._fates.total(), total=self._total, counts=counts))

    def result(self) -> Imported:
        """What it came to."""
        left = self._total - self._fates.total()
        errors = [_line(index, words) for index, words in sorted(self._errors)]
        if left:
            errors.append(f"{self._stopped or 'stopped'}; {left} rows were not tried")
        return Imported(
            success=not left,
            errors=tuple(errors),
            notes=tuple(_line(index, words) for index, words in sorted(self._notes)),
            **{fate.value: self._fates[fate] for fate in Fate},
        )


def _line(index: int, words: str) -> str:
    return f"row {index}: {words}" if index else words
