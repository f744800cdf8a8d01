"""Answering a name that nobody serves: what it costs to find the ids that look like it.

A resolver knows 400 models of vendors' keys beside its own catalogue and is asked for names that are a letter or two
off. Measured is the whole of `Resolver.resolve` in microseconds of CPU time. Beside it, in the same process and round,
the standard library compares the same names with all ids, so that a ratio holds on any machine.

Run as `python -m bench.naming.run [--ids N] [--rounds N]`.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.routing.nearest import LIKENESS, NEAREST_COUNT
from codex_proxy.routing.resolve import Resolver, UnknownModel

_Told = TypeVar("_Told")

TARGET_US = 2000.0
NAMES_PER_ROUND = 20
OWNERS = ("acme", "meta-models", "north", "cloud-two", "lab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over the rounds for one name, in microseconds of CPU time, and how often the likest id is the same."""

    resolve_us: float
    compare_us: float
    agreeing: float


def known_ids(count: int) -> list[str]:
    """Ids of vendors' models: those of the packaged profiles, then the same below other owners' names."""
    suggested = [model.id for profile in packaged_profiles().values() for model in profile.models]
    more = [f"{owner}/{one}" for owner in OWNERS for one in suggested]
    return list(dict.fromkeys([*suggested, *more]))[:count]


def misspelt(ids: Sequence[str], count: int) -> list[str]:
    """Names a letter or two off, spread over the ids."""
    chosen = ids[:: max(1, len(ids) // count)][:count]
    return [f"{one[: len(one) // 2]}q{one[len(one) // 2 + number % 2 :]}" for number, one in enumerate(chosen)]


def measure(count: int, *, rounds: int) -> Figures:
    """Resolve names in turn with comparing them with all ids."""
    ids = known_ids(count)
    resolver = Resolver(
        catalogue=packaged_catalogue(),
        aliases={},
        default="gpt-5.4",
        offers=dict.fromkeys(ids, ("acme",)),
        vendors=frozenset({"acme"}),
    )
    everything = [*resolver.catalogue.models, *ids]
    asked = [name for name in misspelt(ids, NAMES_PER_ROUND) if isinstance(resolver.resolve(name), UnknownModel)]
    resolved, compared, same = [], [], 0
    for _ in range(rounds):
        for name in asked:
            found, spent = _timed(partial(resolver.resolve, name))
            compare = partial(get_close_matches, name, everything, n=NEAREST_COUNT, cutoff=LIKENESS)
            likest, spent_comparing = _timed(compare)
            resolved.append(spent)
            compared.append(spent_comparing)
            same += isinstance(found, UnknownModel) and found.nearest[:1] == tuple(likest[:1])
    return Figures(
        resolve_us=statistics.median(resolved),
        compare_us=statistics.median(compared),
        agreeing=same / (rounds * len(asked)),
    )


def _timed(work: Callable[[], _Told]) -> tuple[_Told, float]:
    before = time.process_time()
    found = work()
    return found, (time.process_time() - before) * 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; answers 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.naming.run", description=__doc__)
    parser.add_argument("--ids", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    one = measure(options.ids, rounds=options.rounds)
    verdict = "met" if one.resolve_us <= TARGET_US else f"MISSED by {one.resolve_us / TARGET_US - 1:.0%}"
    print(f"unknown name, {options.ids} ids: {one.resolve_us:.0f} us, comparing with all {one.compare_us:.0f} us")
    print(f"{one.resolve_us / one.compare_us:.3f} of it, the same likest id {one.agreeing:.0%}")
    print(f"at most {TARGET_US:g} us: {verdict}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
