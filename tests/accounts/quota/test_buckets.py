"""Buckets: what is known of each limit, merged from whatever told it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.quota.buckets import (
    Bucket,
    WindowReading,
    bucket_of_limit,
    bucket_of_model,
    find_bucket,
    limit_ends_at,
    merged,
    next_reset,
    reached_windows,
    rolled,
    says_limited,
    unflagged,
    with_bucket,
)
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow

NOW = 1_800_000_000.0
FIVE_HOURS = 18_000
WEEK = 604_800


def window(used: float, *, resets_in: float | None = 600, seconds: int | None = FIVE_HOURS) -> RateLimitWindow:
    resets_at = None if resets_in is None else NOW + resets_in
    return RateLimitWindow(used_percent=used, window_seconds=seconds, resets_at=resets_at)


def told(
    primary: RateLimitWindow | None = None,
    secondary: RateLimitWindow | None = None,
    *,
    reached: bool | None = None,
    source: str = "headers",
) -> RateLimitSnapshot:
    return RateLimitSnapshot(primary=primary, secondary=secondary, limit_reached=reached, source=source)


@pytest.mark.parametrize(
    ("model", "bucket"),
    [
        ("gpt-5.3-codex-spark", "codex_bengalfox"),
        ("GPT-Bengalfox-1", "codex_bengalfox"),
        ("gpt-5.5", "codex"),
        ("", "codex"),
    ],
)
def test_a_model_draws_on_its_bucket(model: str, bucket: str) -> None:
    assert bucket_of_model(model) == bucket


def test_the_table_of_buckets_is_the_owners() -> None:
    assert bucket_of_model("gpt-6-luna", {"luna": "codex_luna"}) == "codex_luna"
    assert bucket_of_model("gpt-5.3-codex-spark", {}) == "codex"


@pytest.mark.parametrize(
    ("limit_id", "bucket"),
    [
        ("codex", "codex"),
        ("", "codex"),
        ("codex-bengalfox", "codex_bengalfox"),
        ("code_review", "code_review"),
        ("codex_code_review", "code_review"),
        ("codex_review", "code_review"),
        ("Unheard-Of", "unheard_of"),
    ],
)
def test_a_limit_has_one_name_and_unknown_ones_are_kept(limit_id: str, bucket: str) -> None:
    assert bucket_of_limit(limit_id) == bucket
    assert merged(None, RateLimitSnapshot(limit_id=limit_id), now=NOW).limit_id == bucket


def test_q_05_a_window_that_is_not_mentioned_stays() -> None:
    first = merged(None, told(window(10), window(20, seconds=WEEK)), now=NOW)
    second = merged(first, told(window(30)), now=NOW + 5)
    assert second.secondary == first.secondary
    assert second.primary is not None
    assert (second.primary.used_percent, second.primary.observed_at, second.primary.source) == (30, NOW + 5, "headers")


def test_an_answer_to_a_usage_query_mentions_both_windows() -> None:
    first = merged(None, told(window(10), window(20, seconds=WEEK)), now=NOW)
    assert merged(first, told(window(30), source="usage"), now=NOW + 5).secondary is None


def test_the_name_of_a_limit_is_kept() -> None:
    first = merged(None, RateLimitSnapshot(limit_id="codex_bengalfox", limit_name="Spark"), now=NOW)
    assert merged(first, RateLimitSnapshot(limit_id="codex_bengalfox"), now=NOW).limit_name == "Spark"


@pytest.mark.parametrize(
    ("snapshot", "says"),
    [
        (told(window(100), reached=True), True),
        (told(window(20), reached=True), True),
        (told(reached=True), True),
        (told(window(100), reached=False), False),
        (told(window(99)), False),
        (told(window(100)), None),
        (told(), None),
        (RateLimitSnapshot(primary=window(5), reached_type="rate_limit_reached"), True),
    ],
)
def test_only_a_flag_says_that_a_limit_is_reached(snapshot: RateLimitSnapshot, *, says: bool | None) -> None:
    assert says_limited(snapshot) is says
    assert merged(None, snapshot, now=NOW).limit_reached is (says is True)


def test_the_window_that_is_full_is_the_one_that_is_reached() -> None:
    bucket = merged(None, told(window(20), window(100, resets_in=9000, seconds=WEEK), reached=True), now=NOW)
    assert [one.window_seconds for one in reached_windows(bucket)] == [WEEK]
    assert limit_ends_at(bucket) == NOW + 9000


def test_a_limit_lasts_until_its_last_full_window_resets() -> None:
    both = merged(None, told(window(100), window(100, resets_in=9000, seconds=WEEK), reached=True), now=NOW)
    assert limit_ends_at(both) == NOW + 9000
    unknown = merged(None, told(window(100), window(100, resets_in=None), reached=True), now=NOW)
    assert limit_ends_at(unknown) is None


def test_where_no_counter_tells_it_is_the_first_window() -> None:
    bucket = merged(None, told(window(20), window(30, seconds=WEEK), reached=True), now=NOW)
    assert limit_ends_at(bucket) == NOW + 600


def test_a_limit_without_windows_has_no_known_end() -> None:
    bucket = merged(None, told(reached=True, source="usage"), now=NOW)
    assert (bucket.limit_reached, reached_windows(bucket), limit_ends_at(bucket)) == (True, (), None)


def test_q_02_a_limit_that_is_reached_now_does_not_end_in_the_past() -> None:
    assert limit_ends_at(merged(None, told(window(100, resets_in=-5), reached=True), now=NOW)) is None


def test_a_reset_is_counted_from_now_where_no_moment_is_named() -> None:
    snapshot = told(RateLimitWindow(used_percent=5, window_seconds=WEEK, resets_in_seconds=60))
    bucket = merged(None, snapshot, now=NOW)
    assert bucket.primary is not None
    assert bucket.primary.resets_at == NOW + 60


def test_q_10_a_window_whose_reset_has_passed_begins_anew() -> None:
    bucket = merged(None, told(window(100), reached=True), now=NOW)
    assert rolled(bucket, NOW + 599) is bucket
    after = rolled(bucket, NOW + 600 + 2 * FIVE_HOURS + 5)
    assert after.primary is not None
    assert (after.primary.used_percent, after.limit_reached) == (0, False)
    assert after.primary.resets_at == NOW + 600 + 3 * FIVE_HOURS


def test_what_was_said_of_requests_holds_until_the_reset() -> None:
    bucket = merged(None, RateLimitSnapshot(primary=window(100), limit_reached=True, allowed=False), now=NOW)
    assert (bucket.allowed, rolled(bucket, NOW + 600).allowed, unflagged(bucket).allowed) == (False, None, None)


def test_a_window_of_unknown_length_is_followed_by_one_of_unknown_end() -> None:
    after = rolled(merged(None, told(window(50, seconds=None)), now=NOW), NOW + 600)
    assert after.primary is not None
    assert (after.primary.used_percent, after.primary.resets_at) == (0, None)


def test_second_windows_and_those_of_code_reviews_are_forgotten_at_their_reset() -> None:
    main = merged(None, told(window(100), window(100, resets_in=900, seconds=WEEK), reached=True), now=NOW)
    after = rolled(main, NOW + 700)
    assert after.secondary == main.secondary
    assert after.limit_reached
    assert rolled(main, NOW + 900).secondary is None
    review = merged(None, RateLimitSnapshot(limit_id="code_review", primary=window(100), limit_reached=True), now=NOW)
    assert (rolled(review, NOW + 600).primary, rolled(review, NOW + 600).limit_reached) == (None, False)


def test_limits_can_be_taken_back() -> None:
    bucket = unflagged(merged(None, told(window(100), window(100), reached=True), now=NOW))
    assert (bucket.limit_reached, reached_windows(bucket)) == (False, ())
    assert bucket.primary is not None
    assert bucket.primary.used_percent == 100


def test_the_next_reset_is_the_earliest_ahead() -> None:
    bucket = merged(None, told(window(1), window(1, resets_in=900)), now=NOW)
    assert next_reset(bucket, NOW) == NOW + 600
    assert next_reset(bucket, NOW + 600) == NOW + 900
    assert next_reset(bucket, NOW + 900) is None


def test_buckets_are_found_and_replaced_by_their_id() -> None:
    one, other = Bucket(limit_id="b"), Bucket(limit_id="a")
    held = with_bucket(with_bucket((), one), other)
    assert held == (other, one)
    renamed = msgspec.structs.replace(one, limit_name="B")
    assert with_bucket(held, renamed) == (other, renamed)
    assert find_bucket(held, "b") is one
    assert find_bucket(held, "c") is None


WINDOWS = st.none() | st.builds(
    RateLimitWindow,
    used_percent=st.floats(),
    window_seconds=st.none() | st.integers(),
    resets_at=st.none() | st.floats(),
    resets_in_seconds=st.none() | st.floats(),
)


@given(
    st.lists(st.builds(told, WINDOWS, WINDOWS, reached=st.none() | st.booleans()), max_size=5),
    st.floats(0, 1e8),
)
def test_whatever_is_told_becomes_a_bucket_with_numbers_in_range(
    snapshots: list[RateLimitSnapshot], later: float
) -> None:
    bucket = None
    for snapshot in snapshots:
        bucket = merged(bucket, snapshot, now=NOW)
    bucket = rolled(bucket or Bucket(limit_id="codex"), NOW + later)
    for reading in (bucket.primary, bucket.secondary):
        if isinstance(reading, WindowReading):
            assert 0 <= reading.used_percent <= 100
            assert reading.resets_at is None or reading.resets_at > NOW + later
            assert reading.window_seconds is None or reading.window_seconds > 0


def test_credits_do_not_make_a_bucket_limited() -> None:
    snapshot = RateLimitSnapshot(primary=window(100), credits=Credits(has_credits=True))
    assert says_limited(snapshot) is None
