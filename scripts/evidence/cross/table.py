"""All recordings below some folders, told in every dialect: the run and its table.

Rules of this file: a recording's own defects are excused by ``known_defects`` and nowhere else.  A sample takes every
n-th answer of each dialect, so that no dialect goes unseen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from codex_proxy.canonical.request import Dialect
from scripts.evidence.codecs import Pair
from scripts.evidence.cross.checking import TARGETS, Crossing, crossings
from scripts.evidence.known_defects import excuse
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Form, Recording, read_all
from scripts.evidence.report import print_table

_ANSWERS = frozenset({Form.STREAM, Form.WHOLE})


def cross(folders: Sequence[Path], pairs: dict[Dialect, Pair], *, every: int = 1, seed: int = 0) -> list[Crossing]:
    """Every crossing of every ``every``-th answer, with what is known of its misses."""
    found: list[Crossing] = []
    with Readers() as readers:
        for recording in _sample(folders, every):
            found.extend(crossings(recording, pairs, readers, seed=seed))
    for crossing in found:
        crossing.misses = [
            replace(miss, known=excuse(crossing.recording, crossing.source, stage=miss.stage, reason=miss.reason))
            for miss in crossing.misses
        ]
    return found


def unexplained(crossed: Sequence[Crossing]) -> list[str]:
    """Every miss that the recording itself does not explain."""
    return [
        f"{crossing.recording.path.parent.name}/{crossing.recording.path.name} [{miss.stage}] {miss.reason}"
        for crossing in crossed
        for miss in crossing.misses
        if miss.known is None
    ]


def show(crossed: Sequence[Crossing]) -> None:
    """Source by target: answers that arrive, those with known defects, those with misses; then every miss."""
    sources = sorted({crossing.recording.dialect for crossing in crossed})
    rows = [[source, *(_cell(crossed, source, target) for target in TARGETS)] for source in sources]
    print_table(("answers of", *(f"to {target}" for target in TARGETS)), rows)
    print("cells: arrive as said + excused by the recording's own defect + MISSES")
    for line in unexplained(crossed):
        print(f"MISS {line}")
    excused = Counter(miss.known for crossing in crossed for miss in crossing.misses if miss.known)
    for why, count in excused.most_common():
        print(f"excused {count} times: {why}")


def _cell(crossed: Sequence[Crossing], source: Dialect, target: Dialect) -> str:
    met = [one for one in crossed if one.recording.dialect is source and one.target is target]
    missed = sum(any(miss.known is None for miss in one.misses) for one in met)
    known = sum(bool(one.misses) and all(miss.known for miss in one.misses) for one in met)
    told = [str(len(met) - missed - known), f"{known} known" if known else "", f"{missed} MISSED" if missed else ""]
    return " + ".join(filter(None, told))


def _sample(folders: Sequence[Path], every: int) -> Iterator[Recording]:
    seen: defaultdict[Dialect, int] = defaultdict(int)
    for read in read_all(folders):
        if isinstance(read, Recording) and read.form in _ANSWERS:
            if seen[read.dialect] % every == 0:
                yield read
            seen[read.dialect] += 1
