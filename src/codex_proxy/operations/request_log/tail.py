"""New rows for whoever looks on.

Rules of this file: a reader that does not keep up loses the oldest and is told how many; nobody waits for it.  All of
it runs in the loop.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from codex_proxy.operations.request_log.rows import Row

MOST_READERS: Final = 16
MOST_WAITING: Final = 256


class TooManyReaders(Exception):
    """Others look on already; one sentence."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader gets: rows, oldest first, and how many it lost before them."""

    rows: tuple[Row, ...]
    dropped_count: int


class Reader:
    """One who looks on."""

    def __init__(self) -> None:
        self._waiting: deque[Row] = deque()
        self._dropped_count = 0
        self._news = asyncio.Event()
        self._is_over = False

    def put(self, rows: Sequence[Row]) -> None:
        """These are new."""
        self._waiting.extend(rows)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._dropped_count += 1
        self._news.set()

    def end(self) -> None:
        """Nothing follows."""
        self._is_over = True
        self._news.set()

    async def next(self, *, patience_seconds: float) -> News | None:
        """What is new, perhaps nothing by the end of the patience; None where nothing follows."""
        try:
            async with asyncio.timeout(patience_seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        if self._is_over:
            return None
        self._news.clear()
        news = News(rows=tuple(self._waiting), dropped_count=self._dropped_count)
        self._waiting.clear()
        self._dropped_count = 0
        return news


class Tail:
    """Tells readers."""

    def __init__(self) -> None:
        self._readers: list[Reader] = []
        self._is_over = False

    @property
    def has_readers(self) -> bool:
        """Whether anybody looks on; may be asked in any thread."""
        return bool(self._readers)

    def require_room(self) -> None:
        """Raise ``TooManyReaders`` where nobody else can look on now."""
        if len(self._readers) >= MOST_READERS or self._is_over:
            raise TooManyReaders(f"{len(self._readers)} readers look on already; close one of them")

    def join(self) -> Reader:
        """Look on; ``leave`` at the end.  Raises ``TooManyReaders``."""
        self.require_room()
        reader = Reader()
        self._readers.append(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Look on no longer."""
        if reader in self._readers:
            self._readers.remove(reader)

    def tell(self, rows: Sequence[Row]) -> None:
        """These are new."""
        for reader in self._readers:
            reader.put(rows)

    def close(self) -> None:
        """Nothing follows, for anybody."""
        self._is_over = True
        for reader in self._readers:
            reader.end()
