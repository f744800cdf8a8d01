"""How fast a key may ask."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.pace import CONCURRENCY, REQUESTS, TOKENS, KeyPace


def test_a_minutes_requests_may_come_at_once_and_then_evenly() -> None:
    pace = KeyPace(Limits(requests_per_minute=6), 0.0)
    assert [pace.enter(0, 0.0) for _ in range(6)] == [None] * 6
    refused = pace.enter(0, 0.0)
    assert refused is not None
    assert (refused.limit, refused.height, refused.wait_seconds) == (REQUESTS, 6, 10.0)
    assert pace.enter(0, 10.0) is None
    assert pace.enter(0, 10.0) is not None


def test_tokens_are_counted_as_expected_and_then_as_they_were() -> None:
    pace = KeyPace(Limits(tokens_per_minute=600), 0.0)
    assert pace.enter(500, 0.0) is None
    refused = pace.enter(200, 0.0)
    assert refused is not None
    assert (refused.limit, refused.wait_seconds) == (TOKENS, 10.0)
    pace.leave(expected_tokens=500, tokens=100, now=0.0)
    assert pace.enter(200, 0.0) is None
    pace.leave(expected_tokens=200, tokens=2000, now=0.0)
    assert pace.levels(0.0)[0].left == 0
    late = pace.enter(1, 0.0)
    assert late is not None
    assert late.wait_seconds is not None
    assert late.wait_seconds > 100


def test_a_request_of_more_than_a_minutes_tokens_waits_for_a_full_bucket_only() -> None:
    pace = KeyPace(Limits(tokens_per_minute=60), 0.0)
    assert pace.enter(1000, 0.0) is None
    assert pace.enter(1000, 0.0) is not None


def test_answers_under_way_are_counted_until_they_end() -> None:
    pace = KeyPace(Limits(concurrency=2), 0.0)
    assert (pace.enter(0, 0.0), pace.enter(0, 0.0)) == (None, None)
    refused = pace.enter(0, 0.0)
    assert refused is not None
    assert (refused.limit, refused.wait_seconds) == (CONCURRENCY, None)
    pace.leave(expected_tokens=0, tokens=0, now=0.0)
    assert pace.enter(0, 0.0) is None
    assert not pace.is_idle


def test_what_did_not_come_to_be_is_not_counted() -> None:
    pace = KeyPace(Limits(requests_per_minute=1, tokens_per_minute=10, concurrency=1), 0.0)
    assert pace.enter(10, 0.0) is None
    pace.undo(10, 0.0)
    assert pace.is_idle
    assert [(level.name, level.left, level.full_in_seconds) for level in pace.levels(0.0)] == [
        (REQUESTS, 1, 0.0),
        (TOKENS, 10, 0.0),
    ]
    assert pace.enter(10, 0.0) is None


def test_other_limits_count_at_once_and_keep_what_is_under_way() -> None:
    pace = KeyPace(Limits(), 0.0)
    assert pace.enter(0, 0.0) is None
    pace.set_limits(Limits(concurrency=1), 0.0)
    assert pace.enter(0, 0.0) is not None
    assert pace.levels(0.0) == ()


@given(st.integers(1, 100), st.lists(st.floats(0, 5), max_size=300))
def test_no_stretch_of_time_has_more_requests_than_two_minutes_worth_of_its_length(
    height: int, pauses: list[float]
) -> None:
    pace, now, entered = KeyPace(Limits(requests_per_minute=height), 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        entered += pace.enter(0, now) is None
    assert entered <= height + now * height / 60 + 1e-6
