"""Counts remembered by digest, the longest unused forgotten first."""

from collections import OrderedDict


class CountMemo:
    """At most ``limit_count`` counts, about 150 bytes each."""

    def __init__(self, limit_count: int) -> None:
        self._limit_count = limit_count
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._counts

    def get(self, digest: bytes) -> int | None:
        """The count, which then is the most recently used one; None where it is not known."""
        if digest not in self._counts:
            return None
        self._counts.move_to_end(digest)
        return self._counts[digest]

    def put(self, digest: bytes, count: int) -> None:
        """Remember a count."""
        self._counts[digest] = count
        self._counts.move_to_end(digest)
        if len(self._counts) > self._limit_count:
            self._counts.popitem(last=False)
