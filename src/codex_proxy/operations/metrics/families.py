"""Counters, histograms and readings, and the text in which Prometheus reads them.

Rules of this file: pure; one thread writes; labels are few and bounded by whoever names them, since each combination is
kept for as long as the process lives.  Units stand in the names.  Source: the Prometheus text exposition format 0.0.4.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Final, Protocol, TypeAlias

import msgspec

Labels: TypeAlias = tuple[str, ...]

TEXT_TYPE: Final = "text/plain; version=0.0.4"  # the charset is added by whoever sends it
OTHER: Final = "other"
"""What names are called that came after there were enough."""

_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_LONGEST_NAME: Final = 80


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One line: the family's name with ``suffix``, its labels by name, and the value."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured under one name; ``kind`` is Prometheus' word for it."""

    name: str
    kind: str
    words: str
    samples: tuple[Sample, ...]


class Source(Protocol):
    """Whoever has something to tell when it is asked."""

    def families(self) -> Iterable[Family]:
        """What it measured until now."""
        ...


class Counter:
    """Counts by labels; only ever grows."""

    __slots__ = ("_counts", "_label_names", "_name", "_words")

    def __init__(self, name: str, words: str, label_names: Labels = ()) -> None:
        self._name = name
        self._words = words
        self._label_names = label_names
        self._counts: dict[Labels, float] = {}

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count ``amount`` more of these labels."""
        self._counts[labels] = self._counts.get(labels, 0) + amount

    def families(self) -> tuple[Family, ...]:
        """See ``Source``."""
        samples = [_sample(self._label_names, labels, value) for labels, value in self._counts.items()]
        return (Family(name=self._name, kind="counter", words=self._words, samples=tuple(samples)),)


class Histogram:
    """How many observations were at most so large, by labels; ``bounds`` grow."""

    __slots__ = ("_bounds", "_counts", "_label_names", "_name", "_sums", "_words")

    def __init__(self, name: str, words: str, *, bounds: Sequence[float], label_names: Labels = ()) -> None:
        self._name = name
        self._words = words
        self._bounds = tuple(bounds)
        self._label_names = label_names
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Take one observation in."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def families(self) -> tuple[Family, ...]:
        """See ``Source``."""
        samples = tuple(sample for labels in self._counts for sample in self._samples(labels))
        return (Family(name=self._name, kind="histogram", words=self._words, samples=samples),)

    def _samples(self, labels: Labels) -> Iterator[Sample]:
        named = dict(zip(self._label_names, labels, strict=True))
        total = 0
        for bound, count in zip((*self._bounds, inf), self._counts[labels], strict=True):
            total += count
            yield Sample(value=total, labels={**named, "le": _number(bound)}, suffix="_bucket")
        yield Sample(value=self._sums[labels], labels=named, suffix="_sum")
        yield Sample(value=total, labels=named, suffix="_count")


class BoundedNames:
    """Names that clients choose, as labels: the first ``limit`` of them, the rest together as ``OTHER``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def of(self, name: str) -> str:
        """The label for this name."""
        if name in self._known:
            return name
        if len(self._known) >= self._limit or len(name) > _LONGEST_NAME:
            return OTHER
        self._known.add(name)
        return name


def reading(name: str, words: str, value: float | None) -> Family:
    """A value as it is now; one that nobody knows has no sample."""
    return readings(name, words, () if value is None else (Sample(value=value),))


def readings(name: str, words: str, samples: Iterable[Sample]) -> Family:
    """Values as they are now, by label."""
    return Family(name=name, kind="gauge", words=words, samples=tuple(samples))


def exposition(families: Iterable[Family]) -> str:
    """The text of everything that was measured."""
    return "".join(line for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.words}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for sample in family.samples:
        labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sample.labels.items())
        yield f"{family.name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}\n"


def _number(value: float) -> str:
    if value == inf:
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def _sample(names: Labels, labels: Labels, value: float) -> Sample:
    return Sample(value=value, labels=dict(zip(names, labels, strict=True)))
