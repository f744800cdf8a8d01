"""Whether a log of changes is whole.

Rules of this file: pure; fed line by line, oldest first.  The check goes on after what is wrong, so that one damage
hides no other.
"""

from typing import Final

import msgspec

from codex_proxy.access.audit.entries import NO_SEAL, Head, Unreadable, is_ours, opened

MOST_PROBLEMS: Final = 100


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: entries that are good, and sentences about what is not (at most 100).

    ``last_seal`` is the last entry's: whoever keeps it elsewhere can tell that the log was not put back to an earlier
    state together with its head.
    """

    is_whole: bool
    entry_count: int
    problems: tuple[str, ...]
    last_seal: str


class ChainCheck:
    """Follows the chain; ``key`` is the chain's."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seq = 0
        self._seal: str | None = NO_SEAL
        self._entry_count = 0
        self._problems: list[str] = []

    def feed(self, line: bytes, *, where: str) -> None:
        """The next line, without its end; ``where`` says file and line."""
        try:
            entry, seal = opened(line, self._key)
        except Unreadable as error:
            self._problems.append(f"{where}: {error}")
            self._seal = None  # what the lost line was sealed with is not known
            self._seq += 1
            return
        if entry.seq != self._seq + 1:
            self._problems.append(f"{where}: entry {entry.seq} follows entry {self._seq}")
        elif self._seal is not None and entry.prev != self._seal:
            self._problems.append(f"{where}: entry {entry.seq} does not continue the one before it")
        self._seq, self._seal = entry.seq, seal
        self._entry_count += 1

    def end(self, head: Head | None) -> Verdict:
        """The verdict, with the head as it was found."""
        self._problems.extend(self._at_the_end(head))
        problems = tuple(self._problems[:MOST_PROBLEMS])
        return Verdict(
            is_whole=not problems, entry_count=self._entry_count, problems=problems, last_seal=self._seal or NO_SEAL
        )

    def _at_the_end(self, head: Head | None) -> list[str]:
        if head is None:
            return ["the head is missing, so that entries cut off at the end would not show"] if self._seq else []
        if not is_ours(head, self._key):
            return ["the head's seal does not fit: it was changed, or another installation made it"]
        if head.seq > self._seq:
            return [f"entries {self._seq + 1} to {head.seq} are missing at the end"]
        if head.seq == self._seq and self._seal not in {head.last, None}:
            return ["the last entry is not the one that the head tells of"]
        # A crash between an entry and its head leaves one entry more.
        return [f"{self._seq - head.seq} entries follow the head"] if self._seq > head.seq + 1 else []
