"""Events that commit an exchange are events."""

from typing import get_args

from codex_proxy.canonical import events as ev


def test_commit_events_are_part_of_the_union() -> None:
    assert set(ev.CONTENT_EVENTS) < set(get_args(ev.Event))


def test_nothing_that_precedes_content_commits() -> None:
    silent = {ev.ResponseStarted, ev.RateLimitsObserved, ev.OpaqueEvent, ev.UsageReported, ev.ResponseEnded}
    assert not silent & set(ev.CONTENT_EVENTS)
