"""Counters as told."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.rate_limits import (
    LATEST_EPOCH_SECONDS,
    LONGEST_WAIT_SECONDS,
    RateLimitSnapshot,
    RateLimitWindow,
    told_moment,
    told_wait,
)


def test_a_snapshot_belongs_to_the_codex_bucket_unless_named() -> None:
    snapshot = RateLimitSnapshot(primary=RateLimitWindow(used_percent=12.5, window_seconds=18_000))
    assert snapshot.limit_id == "codex"
    assert snapshot.primary is not None
    assert snapshot.secondary is None


def test_q_06_milliseconds_are_told_from_seconds() -> None:
    assert told_moment(1_795_336_509) == told_moment(1_795_336_509_000) == 1_795_336_509
    assert (told_wait(13_872), told_wait(604_800_000)) == (13_872, 604_800)


@given(st.floats() | st.none())
def test_what_is_no_time_is_none(told: float | None) -> None:
    moment, wait = told_moment(told), told_wait(told)
    assert moment is None or 0 < moment <= LATEST_EPOCH_SECONDS
    assert wait is None or 0 < wait <= LONGEST_WAIT_SECONDS
