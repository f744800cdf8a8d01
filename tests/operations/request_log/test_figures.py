"""What many values come to."""

import random
from typing import TYPE_CHECKING

import pytest

from codex_proxy.operations.request_log.figures import percentiles_of

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], [None, None]),
        ([7], [7, 7]),
        ([3, 1], [1, 3]),
        (list(range(20, 0, -1)), [10, 19]),
        (list(range(1, 22)), [11, 20]),
    ],
)
def test_a_percentile_is_the_value_of_its_nearest_rank(values: list[int], found: list[int | None]) -> None:
    assert percentiles_of(values, (50, 95)) == found


@pytest.mark.parametrize("seed", range(6))
def test_many_values_have_the_percentiles_that_sorting_finds(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randrange(2_001, 6_000)
    forms: tuple[Callable[[], int], ...] = (
        lambda: int(dice.lognormvariate(8, 1)),
        lambda: 5,
        lambda: dice.choice((1, 1, 1, 9)),
        lambda: dice.randrange(3),
    )
    for form in forms:
        values = [form() for _ in range(count)]
        ordered = sorted(values)
        expected = [ordered[max(1, -(-percent * count // 100)) - 1] for percent in (5, 50, 95, 100)]
        assert percentiles_of(values, (5, 50, 95, 100)) == expected


def test_a_sample_that_misleads_costs_time_and_no_truth() -> None:
    values = [1_000_000 if place % 101 == 0 else place for place in range(10_000)]
    ordered = sorted(values)
    assert percentiles_of(values, (50, 95)) == [ordered[4_999], ordered[9_499]]
