"""The choice bench chooses what it says it measures."""

import asyncio
from collections import Counter

import pytest

from bench.choice.run import LANES, Lane, Service, measure
from codex_proxy.accounts.choice.need import Basis

EXPECTED = {
    "known conversation": Basis.HOME,
    "new, least used": Basis.STRATEGY,
    "new, round robin": Basis.STRATEGY,
    "new, sticky": Basis.CURRENT,
    "forgotten": Basis.RENDEZVOUS,
    "home is limited": Basis.STAND_IN,
}


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.name)
def test_a_lane_goes_its_way_among_limited_accounts(lane: Lane) -> None:
    service = Service(lane, accounts=64)
    asyncio.run(service.measure(40))
    found: Counter[Basis | None] = Counter()
    for number in range(1000):
        told = service.selection.explanations.explain(f"req_{number}")
        for choice in told.choices if told else ():
            found[choice.basis] += 1
            assert choice.passed_over["limited"] >= 16
            assert choice.passed_over["plan_lacks_model"] == 12
    assert found[EXPECTED[lane.name]] >= 39


def test_figures_are_of_the_lane_and_of_as_many_keys() -> None:
    figures = measure(LANES[0], accounts=32, rounds=2, choices=3)
    assert figures.lane is LANES[0]
    assert min(figures.choice_us, figures.sort_us) > 0
