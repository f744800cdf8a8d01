"""The total orders of the strategies."""

from itertools import permutations
from math import inf, isnan, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.rotation import Standing, least_used_key, ring_key

ROW_IDS = st.text("abcdef", min_size=1, max_size=3)
STANDINGS = st.builds(
    Standing,
    row_id=ROW_IDS,
    limited=st.booleans(),
    used_slots=st.integers(0, 3),
    used_percent=st.floats(),
    resets_at=st.none() | st.floats(),
    must_wait=st.booleans(),
    window_request_count=st.integers(0, 5),
    last_used_at=st.floats(0, 1e9),
)


def assert_total_order(first: Any, second: Any, third: Any) -> None:
    assert (first < second) + (first == second) + (first > second) == 1  # trichotomy
    for low, middle, high in permutations((first, second, third)):
        if low <= middle <= high:
            assert low <= high  # transitivity


@given(STANDINGS, STANDINGS, STANDINGS)
def test_q_17_least_used_is_a_total_order_of_whatever_the_upstream_tells(
    first: Standing, second: Standing, third: Standing
) -> None:
    assert_total_order(*(least_used_key(standing) for standing in (first, second, third)))
    assert (least_used_key(first) == least_used_key(second)) <= (first.row_id == second.row_id)


@given(ROW_IDS, ROW_IDS, ROW_IDS, st.none() | ROW_IDS, st.lists(st.booleans(), min_size=3, max_size=3))
def test_the_ring_is_a_total_order(first: str, second: str, third: str, last: str | None, waits: list[bool]) -> None:
    row_ids = (first, second, third)
    assert_total_order(*(ring_key(row_id, last, must_wait=wait) for row_id, wait in zip(row_ids, waits, strict=True)))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"used_slots": 9}, {"limited": True}),
        ({"used_percent": 99.0}, {"used_slots": 1}),
        ({"used_percent": 4.9}, {"used_percent": 5.0}),
        ({"resets_at": 10.0, "used_percent": 4.9}, {"resets_at": 20.0, "used_percent": 0.1}),
        ({"resets_at": 10.0}, {"resets_at": None}),
        ({"resets_at": 10.0, "must_wait": True}, {"resets_at": 20.0}),
        ({"window_request_count": 9}, {"must_wait": True}),
        ({"window_request_count": 1, "last_used_at": 5.0}, {"window_request_count": 2}),
        ({"last_used_at": 1.0}, {"last_used_at": 2.0}),
        ({"row_id": "a"}, {"row_id": "b"}),
    ],
)
def test_least_used_asks_one_thing_after_the_other(better: dict[str, Any], worse: dict[str, Any]) -> None:
    keys = [least_used_key(Standing(**{"row_id": "r"} | told)) for told in (better, worse)]
    assert keys == sorted(keys)
    assert keys[0] != keys[1]


@pytest.mark.parametrize("percent", [nan, inf, -inf])
def test_a_percentage_that_is_no_number_counts_as_all(percent: float) -> None:
    key = least_used_key(Standing(row_id="r", used_percent=percent, resets_at=nan))
    assert not any(isinstance(part, float) and isnan(part) for part in key)
    assert key > least_used_key(Standing(row_id="r", used_percent=99.0))


def test_round_robin_goes_on_behind_the_last_chosen() -> None:
    def ring(last: str | None, waiting: str = "") -> str:
        return "".join(sorted("abc", key=lambda row_id: ring_key(row_id, last, must_wait=row_id in waiting)))

    assert [ring(None), ring("a"), ring("c"), ring("aa")] == ["abc", "bca", "abc", "bca"]
    assert ring("a", waiting="b") == "cab"
