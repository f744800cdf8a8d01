"""What a request asks; see ``test_routes`` for how it is told."""

import pytest

from codex_proxy.operations.usage_stats.periods import InvalidPeriod, Period
from codex_proxy.server.admin.usage_stats.asking import DIMENSIONS, AskedPeriod, GroupBy, asked_selection
from codex_proxy.usage.records import Outcome
from codex_proxy.usage.store import Dimension, Selection

NOW = 1_790_000_000.0


def test_every_dimension_can_be_told_apart_by() -> None:
    assert set(DIMENSIONS) == set(GroupBy)
    assert set(DIMENSIONS.values()) == set(Dimension)


def test_what_is_not_told_selects_nothing_and_an_empty_text_selects_those_without() -> None:
    assert asked_selection() == Selection()
    told = asked_selection(key="", model="m", status=Outcome.ABORTED)
    assert told.values == {Dimension.CLIENT_KEY: "", Dimension.MODEL: "m", Dimension.OUTCOME: "aborted"}


def test_a_period_that_is_not_told_is_another() -> None:
    assert AskedPeriod().resolved(now=NOW, otherwise="2") == Period(begins_at=NOW - 7200, ends_at=NOW)
    assert AskedPeriod().resolved(now=NOW, otherwise="all") == Period(begins_at=None, ends_at=NOW)
    assert AskedPeriod(hours="1").resolved(now=NOW, otherwise="all").begins_at == NOW - 3600


def test_a_plus_sign_in_a_query_is_one_in_a_time() -> None:
    told = AskedPeriod(begins_at="2026-01-01T02:00:00 02:00").resolved(now=NOW, otherwise="all")
    assert told.begins_at == AskedPeriod(begins_at="2026-01-01").resolved(now=NOW, otherwise="all").begins_at
    with pytest.raises(InvalidPeriod, match="from"):
        AskedPeriod(begins_at="soon").resolved(now=NOW, otherwise="all")


def test_hours_are_told_back() -> None:
    assert [AskedPeriod(hours=hours).shown_hours for hours in (None, "all", "1.5")] == [None, "all", 1.5]
