"""What the owner sees."""

from codex_proxy.operations.usage_stats.views import counters, exchange_point, exchange_view
from codex_proxy.usage.buckets import NOTHING, added, sums_of
from codex_proxy.usage.records import Outcome
from tests.usage.samples import HOUR_AT, dollars, event


def test_money_is_told_in_dollars_and_times_as_means() -> None:
    told = counters(
        added([
            sums_of(event(cost=dollars("0.1"), duration_ms=100, first_content_ms=10)),
            sums_of(event(cost=dollars("0.2"), duration_ms=201)),
            sums_of(event()),
        ])
    )  # fmt: skip
    assert (told["estimated_cost_usd"], told["unpriced_count"], told["request_count"]) == (0.3, 1, 3)
    assert (told["first_content_ms"], told["duration_ms"]) == (10.0, 100.3)


def test_nothing_used_has_no_means() -> None:
    told = counters(NOTHING)
    assert (told["first_content_ms"], told["duration_ms"], told["estimated_cost_usd"]) == (None, None, 0.0)


def test_an_unknown_cost_is_shown_as_unknown() -> None:
    told = exchange_view(
        event(outcome=Outcome.FAILED, failure="timeout", status=504, output_tokens=10, duration_ms=100)
    )
    assert (told.estimated_cost_usd, told.status, told.http_status, told.failure) == (None, "failed", 504, "timeout")
    assert told.tokens_per_second == 100.0
    assert exchange_view(event(cost=dollars("0"))).estimated_cost_usd == 0.0


def test_a_point_tells_its_time_in_utc() -> None:
    told = exchange_point(event("req_1", HOUR_AT + 0.5, input_tokens=5))
    assert told.timestamp.endswith("T00:00:00.500Z")
    assert (told.request_count, told.input_tokens) == (1, 5)
    assert told.exchange == exchange_view(event("req_1", HOUR_AT + 0.5, input_tokens=5))
