"""From an exchange to its record."""

from decimal import Decimal

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord
from codex_proxy.operations.usage_stats.exchanges import CLIENT_LEFT, event_of
from codex_proxy.usage.records import Counts, Facts, Outcome
from tests.operations.usage_stats.samples import PRICES, exchange, failure
from tests.usage.samples import HOUR_AT

SHOP = (AttemptRecord(account_row_id="v", vendor="shop"),)


def test_an_exchange_is_its_last_accounts() -> None:
    note = Note(path="top_k", verdict=next(iter(Verdict)))
    told = event_of(exchange(notes=(note,), effort="high", images_count=2), PRICES)
    assert told.facts == Facts(
        client_key_id="key", account_id="b", vendor="codex", model="m", dialect="openai_chat", outcome=Outcome.COMPLETED
    )
    assert (told.event_id, told.at, told.model_asked, told.effort) == ("req_1", HOUR_AT + 1.0, "alias", "high")
    assert told.counts == Counts(input_tokens=1_000_000, output_tokens=100_000, image_count=2)
    assert (told.cost, told.priced_as_of) == (Decimal(3), "2026-11-26")
    assert (told.first_content_ms, told.duration_ms, told.attempts_count, told.notes_count) == (500, 2000, 2, 1)
    assert (told.status, told.streamed, told.image_failed) == (200, True, False)


def test_a_vendors_answer_costs_what_the_vendor_takes() -> None:
    told = event_of(exchange(attempts=SHOP, service_tier="priority"), PRICES)
    assert (told.facts.account_id, told.facts.vendor, told.cost) == ("v", "shop", Decimal(12))


def test_s_12_an_unknown_price_is_unknown() -> None:
    assert event_of(exchange(model_used="other"), PRICES).cost is None
    assert event_of(exchange(model_used=None), PRICES).cost is None


def test_what_nobody_counted_costs_nobody_knows_what_and_what_failed_costs_nothing() -> None:
    assert event_of(exchange(usage=None), PRICES).cost is None
    assert event_of(exchange(usage=None, failure=failure(FailureKind.TIMEOUT)), PRICES).cost == 0
    assert event_of(exchange(usage=None, attempts=(), model_used=None), PRICES).cost == 0


def test_s_12_what_was_streamed_before_the_client_left_costs() -> None:
    told = event_of(exchange(aborted=True, usage=Usage(output_tokens=1000, estimated=True)), PRICES)
    assert (told.facts.outcome, told.status, told.counts.estimated) == (Outcome.ABORTED, CLIENT_LEFT, True)
    assert told.cost == Decimal("0.01")


def test_a_failure_is_told_by_kind_and_by_what_the_client_reads() -> None:
    told = event_of(exchange(failure=failure(FailureKind.RATE_LIMITED), usage=None), PRICES)
    assert (told.facts.outcome, told.facts.failure, told.status) == (Outcome.FAILED, "rate_limited", 429)
    vendors = event_of(exchange(failure=failure(FailureKind.UPSTREAM_ERROR, vendor="shop", status=418)), PRICES)
    assert vendors.status == 418
    assert event_of(exchange(failure=failure(FailureKind.IMAGE_UNAVAILABLE)), PRICES).image_failed


def test_where_nobody_was_asked_it_is_nobodys() -> None:
    told = event_of(exchange(attempts=(), model_used=None, failure=failure(FailureKind.MODEL_NOT_FOUND)), PRICES)
    assert (told.facts.account_id, told.facts.vendor, told.facts.model, told.status) == ("", "", "", 404)


@pytest.mark.parametrize("dialect", ["openai_images", "openai_image_edits"])
def test_requests_for_pictures_are_counted_whoever_was_to_make_them(dialect: str) -> None:
    came = event_of(exchange(dialect=dialect), PRICES)
    failed = event_of(exchange(dialect=dialect, usage=None, failure=failure(FailureKind.OVERLOADED)), PRICES)
    left = event_of(exchange(dialect=dialect, usage=None, aborted=True), PRICES)
    assert [(each.counts.image_count, each.image_failed) for each in (came, failed, left)] == [
        (1, False),
        (0, True),
        (0, False),
    ]
