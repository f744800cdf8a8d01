"""Adding up: the order does not matter, nor how often something was added up in between."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.usage.buckets import (
    EVERYTHING,
    FACTS,
    NOTHING,
    SUMS,
    TOGETHER,
    Span,
    Sums,
    added,
    begin_of,
    merged,
    nano_usd,
    roll_up,
    sums_of,
    usd,
)
from codex_proxy.usage.records import Facts, Outcome, UsageEvent
from tests.usage.samples import HOUR_AT, LISTS, dollars, event

ANY_SUMS = st.builds(Sums, **dict.fromkeys(SUMS, st.integers(min_value=0, max_value=10**18)))


@given(LISTS, LISTS)
def test_merging_is_commutative(ones: list[UsageEvent], others: list[UsageEvent]) -> None:
    assert merged(roll_up(ones), roll_up(others)) == merged(roll_up(others), roll_up(ones))


@given(LISTS, LISTS, LISTS)
def test_merging_is_associative(ones: list[UsageEvent], twos: list[UsageEvent], threes: list[UsageEvent]) -> None:
    first, second, third = roll_up(ones), roll_up(twos), roll_up(threes)
    assert merged(merged(first, second), third) == merged(first, merged(second, third))


@given(LISTS, st.data())
def test_however_records_are_cut_into_batches_they_add_up_to_the_same(
    events: list[UsageEvent], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(min_value=0, max_value=len(events)))
    shuffled = data.draw(st.permutations(events))
    assert merged(roll_up(shuffled[:cut]), roll_up(shuffled[cut:])) == roll_up(events)
    assert merged(roll_up(events), {}) == roll_up(events)


@given(LISTS)
def test_buckets_of_every_span_have_the_sum_of_all_records(events: list[UsageEvent]) -> None:
    whole, buckets = added(map(sums_of, events)), roll_up(events)
    for span in Span:
        of_span = {bucket: sums for bucket, sums in buckets.items() if bucket.span is span}
        for by in (TOGETHER, EVERYTHING, *FACTS):
            assert added(sums for bucket, sums in of_span.items() if bucket.apart == by) == whole
        assert all(bucket.begins_at % span == 0 for bucket in of_span)


def test_buckets_by_one_fact_have_nothing_of_the_others() -> None:
    told = [event("a", model="m1"), event("b", model="m2", client_key_id="k"), event("c", model="m2")]
    days = {bucket: sums for bucket, sums in roll_up(told).items() if bucket.span is Span.DAY}
    by_model = {bucket.facts: sums.request_count for bucket, sums in days.items() if bucket.apart == "model"}
    assert by_model == {Facts(model="m1"): 1, Facts(model="m2"): 2}
    assert [sums.request_count for bucket, sums in days.items() if bucket.apart == TOGETHER] == [3]
    assert len([bucket for bucket in days if bucket.apart == EVERYTHING]) == 3


@given(ANY_SUMS, ANY_SUMS)
def test_adding_two_is_adding_both(one: Sums, other: Sums) -> None:
    assert one + other == added([one, other]) == other + one
    assert one + NOTHING == one
    assert added([]) == NOTHING


@given(LISTS)
def test_money_adds_up_to_the_last_digit(events: list[UsageEvent]) -> None:
    known = [each.cost for each in events if each.cost is not None]
    assert added(map(sums_of, events)).cost == sum(known, Decimal(0))
    assert added(map(sums_of, events)).unpriced_count == len(events) - len(known)


def test_a_tenth_of_a_cent_a_thousand_times_is_a_dollar() -> None:
    assert added([sums_of(event(cost=dollars("0.001")))] * 1000).cost == 1


@given(st.integers(min_value=0, max_value=10**18))
def test_billionths_of_a_dollar_and_back(nano: int) -> None:
    assert nano_usd(usd(nano)) == nano


def test_an_exchange_is_counted_by_what_became_of_it() -> None:
    failed = sums_of(event(outcome=Outcome.FAILED, failure="timeout", attempts_count=3, image_failed=True))
    assert (failed.request_count, failed.failed_count, failed.aborted_count, failed.attempts_count) == (1, 1, 0, 3)
    assert (failed.image_request_count, failed.image_request_failed_count) == (0, 1)
    left = sums_of(event(outcome=Outcome.ABORTED, estimated=True, streamed=True, image_count=2, cost=dollars("0")))
    assert (left.failed_count, left.aborted_count, left.estimated_count, left.streamed_count) == (0, 1, 1, 1)
    assert (left.image_request_count, left.unpriced_count) == (1, 0)
    assert (left.first_content_count, left.first_content_ms) == (0, 0)


@pytest.mark.parametrize("span", Span)
def test_a_bucket_begins_at_a_multiple_of_its_span(span: Span) -> None:
    assert begin_of(HOUR_AT, span) == HOUR_AT
    assert begin_of(HOUR_AT + span - 0.001, span) == HOUR_AT
    assert begin_of(HOUR_AT - 0.001, span) == HOUR_AT - span
