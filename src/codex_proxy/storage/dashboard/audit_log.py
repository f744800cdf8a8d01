"""``audit.jsonl``: the log of changes, a line for each, and ``audit.head``, which tells how long it is.

Rules of this file: mode 0600; a line is on the disk before the head that tells of it, both under one lock, whatever
process writes.  A line that a crash left half is removed and told about in the log; what somebody removed or changed is
told about too and stays visible for ever, for the chain goes on from the head.  A file that grows large is put aside
under its first entry's number; none is ever removed here.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.access.audit.checking import ChainCheck, Verdict
from codex_proxy.access.audit.entries import NO_SEAL, Change, Entry, Head, Unreadable, head_of, is_ours, opened, sealed
from codex_proxy.operations.access.auditing import GATEWAY, AuditUnwritable
from codex_proxy.operations.transfer.times import iso
from codex_proxy.storage.dashboard.backwards import lines_backwards
from codex_proxy.storage.file_locks import LOCKS_FOLDER, FileLock
from codex_proxy.storage.private_files import PRIVATE_MODE, flush_directory, replace_private_file

AUDIT_FILE: Final = "audit.jsonl"
HEAD_FILE: Final = "audit.head"
MOST_BYTES: Final = 16 * 1024 * 1024
_ASIDE: Final = "audit-{:012d}.jsonl"
_ASIDE_PATTERN: Final = "audit-*.jsonl"
_LOCK: Final = "audit.lock"


class AuditLog:
    """Implements the operations' ``AuditStore`` in a data directory; ``key`` is the chain's."""

    def __init__(self, data_dir: Path, *, key: bytes, now: Callable[[], float], most_bytes: int = MOST_BYTES) -> None:
        self.path = data_dir / AUDIT_FILE
        self.head_path = data_dir / HEAD_FILE
        self._lock_path = data_dir / LOCKS_FOLDER / _LOCK
        self._key = key
        self._now = now
        self._most_bytes = most_bytes

    def append(self, changes: tuple[Change, ...]) -> None:
        """See ``AuditStore``."""
        with self._held("written"):
            seq, seal, notices = self._standing()
            lines: list[bytes] = []
            for change in (*notices, *changes):
                seq += 1
                line, seal = sealed(change, seq=seq, prev=seal, key=self._key)
                lines.append(line + b"\n")
            self._write(b"".join(lines))
            replace_private_file(self.head_path, msgspec.json.encode(head_of(seq, seal, self._key)))

    def entries(self, *, limit: int, before: int | None) -> tuple[Entry, ...]:
        """See ``AuditStore``."""
        with self._held("read"):
            entries = (entry for entry in map(self._entry, self._lines_backwards()) if entry is not None)
            return tuple(islice((entry for entry in entries if before is None or entry.seq < before), limit))

    def verify(self) -> Verdict:
        """See ``AuditStore``."""
        check = ChainCheck(self._key)
        with self._held("read"):
            for path in self._files():
                _feed(check, path)
            return check.end(self._head())

    def _standing(self) -> tuple[int, str, tuple[Change, ...]]:
        """The number and seal to go on from, and what is to be told of how the file was found."""
        head, notices = self._head(), list(self._repaired())
        last = self._last()
        if head is None or not is_ours(head, self._key):
            if last is None:
                return 0, NO_SEAL, tuple(notices)
            return *last, (*notices, self._notice("head missing or changed"))
        if last is not None and last[0] >= head.seq:
            return *last, tuple(notices)  # the same, or one more after a crash
        missing = self._notice("entries missing at the end", last=0 if last is None else last[0], told=head.seq)
        return head.seq, head.last, (*notices, missing)

    def _last(self) -> tuple[int, str] | None:
        for line in self._lines_backwards():
            with contextlib.suppress(Unreadable):
                entry, seal = opened(line, self._key)
                return entry.seq, seal
        return None

    def _lines_backwards(self) -> Iterator[bytes]:
        return chain.from_iterable(map(lines_backwards, reversed(self._files())))

    def _repaired(self) -> Iterator[Change]:
        """Remove what a crash left of a line."""
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            kept = size - _unfinished(self.path)
            if kept == size:
                return
            file.truncate(kept)
            os.fsync(file.fileno())
        yield self._notice("half an entry removed", bytes=size - kept)

    def _notice(self, action: str, **details: int) -> Change:
        return Change(at=iso(self._now()), who=GATEWAY, address="", action=action, details=details)

    def _write(self, content: bytes) -> None:
        self._put_aside()
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_MODE)
        try:
            size = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, content)
                if written < len(content):
                    raise OSError(28, "No space left on device")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)  # half a line would be taken for a crash's
                raise
        finally:
            os.close(descriptor)
        if is_new:
            flush_directory(self.path.parent)

    def _put_aside(self) -> None:
        if not self.path.exists() or self.path.stat().st_size < self._most_bytes:
            return
        with self.path.open("rb") as file:
            entry = self._entry(file.readline().rstrip(b"\n"))
        number = entry.seq if entry is not None else 0
        aside = self.path.with_name(_ASIDE.format(number))
        if not aside.exists():
            self.path.rename(aside)

    def _files(self) -> list[Path]:
        aside = sorted(self.path.parent.glob(_ASIDE_PATTERN))
        return [*aside, self.path] if self.path.exists() else aside

    def _entry(self, line: bytes) -> Entry | None:
        try:
            return opened(line, self._key)[0]
        except Unreadable:
            return None

    def _head(self) -> Head | None:
        try:
            return msgspec.json.decode(self.head_path.read_bytes(), type=Head)
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    @contextlib.contextmanager
    def _held(self, what: str) -> Iterator[None]:
        try:
            with FileLock(self._lock_path).held():
                yield
        except OSError as error:
            raise AuditUnwritable(f"{self.path} cannot be {what}: {error.strerror}") from error


def _feed(check: ChainCheck, path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            check.feed(line.rstrip(b"\n"), where=f"{path.name}, line {number}")


def _unfinished(path: Path) -> int:
    """How many bytes stand after the last line end."""
    last = next(lines_backwards(path, keep_unfinished=True), b"")
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return 0
        file.seek(-1, os.SEEK_END)
        return 0 if file.read(1) == b"\n" else len(last)
