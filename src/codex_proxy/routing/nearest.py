"""Known ids that look like a name nobody serves.

Rules of this file: pure.  Comparing two texts letter by letter is slow, so only the ids that share most pairs of
letters with the name are compared; the likest of them is that of a comparison with all.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from operator import add
from typing import Final

NEAREST_COUNT: Final = 3
LIKENESS: Final = 0.4
_COMPARED_COUNT: Final = 10
_KEPT_COUNT: Final = 8192  # ids whose pairs are remembered; the largest list seen has below 1,000


def nearest(name: str, ids: Iterable[str]) -> tuple[str, ...]:
    """At most three of the ids that are like the name, the likest first."""
    wanted = _pairs.__wrapped__(name)

    def shared(known: str) -> float:
        pairs = _pairs(known)
        return len(wanted & pairs) / (len(wanted) + len(pairs))

    compared = nlargest(_COMPARED_COUNT, ids, key=shared)
    return tuple(get_close_matches(name, compared, n=NEAREST_COUNT, cutoff=LIKENESS))


@lru_cache(maxsize=_KEPT_COUNT)
def _pairs(text: str) -> frozenset[str]:
    """Each two letters that follow each other, the first and the last letter among them."""
    framed = f" {text} "
    return frozenset(map(add, framed, framed[1:]))
