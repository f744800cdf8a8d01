"""Quota as it is shown."""

import msgspec
import pytest

from codex_proxy.accounts.quota.buckets import Bucket, WindowReading
from codex_proxy.accounts.quota.shown import QuotaFacts, shown_quota
from codex_proxy.canonical.rate_limits import Credits

NOW = 1_800_000_000.0
WEEK = 604_800
PRIMARY = WindowReading(used_percent=12.5, window_seconds=18_000, resets_at=NOW + 600.4)
SECONDARY = WindowReading(used_percent=100, window_seconds=WEEK, resets_at=NOW + 9000, limit_reached=True)
FACTS = QuotaFacts(
    buckets=(
        Bucket(limit_id="code_review", primary=WindowReading(used_percent=1)),
        Bucket(limit_id="codex", primary=PRIMARY, secondary=SECONDARY, limit_reached=True),
        Bucket(limit_id="codex_bengalfox", limit_name="Spark", primary=PRIMARY),
    ),
    plan="plus",
    credits=Credits(has_credits=True, balance="12.50", overage_limit_reached=True),
    reset_credits_available=2,
)


def shown(facts: QuotaFacts, now: float = NOW) -> object:
    return msgspec.to_builtins(shown_quota(facts, now=now))


def test_the_object_has_the_names_of_the_wire() -> None:
    first = {
        "limit_reached": False,
        "used_percent": 12.5,
        "remaining_percent": 87.5,
        "reset_at": 1_800_000_600,
        "limit_window_seconds": 18_000,
        "window": "5 h",
    }
    assert shown(FACTS) == {
        "plan_type": "plus",
        "rate_limit": {**first, "allowed": False},
        "secondary_rate_limit": {
            "limit_reached": True,
            "used_percent": 100.0,
            "remaining_percent": 0.0,
            "reset_at": 1_800_009_000,
            "limit_window_seconds": WEEK,
            "window": "weekly",
        },
        "code_review_rate_limit": {
            "limit_reached": False,
            "used_percent": 1.0,
            "remaining_percent": 99.0,
            "reset_at": None,
            "limit_window_seconds": None,
            "window": "window",
            "allowed": True,
        },
        "reset_credits_available": 2,
        "credits": {"has_credits": True, "unlimited": False, "overage_limit_reached": True, "balance": 12.5},
        "rate_limits_by_limit_id": {
            "codex_bengalfox": {
                **first,
                "allowed": True,
                "limit_id": "codex_bengalfox",
                "limit_name": "Spark",
                "secondary_rate_limit": None,
            }
        },
    }


def test_nothing_known_is_nothing_shown() -> None:
    assert shown_quota(QuotaFacts(plan="plus"), now=NOW) is None
    assert shown(QuotaFacts(reset_credits_available=0)) == {
        "plan_type": None,
        "rate_limit": None,
        "secondary_rate_limit": None,
        "code_review_rate_limit": None,
        "reset_credits_available": 0,
        "credits": None,
        "rate_limits_by_limit_id": None,
    }


def test_a_limit_that_no_window_tells_of_shows_as_reached() -> None:
    told = shown_quota(QuotaFacts(buckets=(Bucket(limit_id="codex", limit_reached=True),)), now=NOW)
    assert told is not None
    assert told.rate_limit is not None
    assert (told.rate_limit.limit_reached, told.rate_limit.allowed, told.rate_limit.used_percent) == (True, False, None)


def test_requests_that_credits_pay_for_are_allowed_beyond_the_limit() -> None:
    told = shown_quota(QuotaFacts(buckets=(Bucket(limit_id="codex", limit_reached=True, allowed=True),)), now=NOW)
    assert told is not None
    assert told.rate_limit is not None
    assert (told.rate_limit.limit_reached, told.rate_limit.allowed) == (True, True)


def test_a_bucket_that_is_known_by_a_refusal_only_is_shown() -> None:
    told = shown_quota(QuotaFacts(locked={"codex_bengalfox": NOW + 60}), now=NOW)
    assert told is not None
    assert told.rate_limits_by_limit_id is not None
    spark = told.rate_limits_by_limit_id["codex_bengalfox"]
    assert (spark.limit_reached, spark.allowed, spark.reset_at, spark.used_percent) == (True, False, NOW + 60, None)


def test_windows_whose_reset_has_passed_are_shown_rolled_on() -> None:
    told = shown_quota(FACTS, now=NOW + 9000)
    assert told is not None
    assert told.rate_limit is not None
    assert (told.rate_limit.used_percent, told.rate_limit.allowed, told.secondary_rate_limit) == (0, True, None)


@pytest.mark.parametrize(
    ("balance", "per_usd", "dollars"),
    [("12.50", 25.0, 0.5), ("0", 25.0, 0.0), ("10", 3.0, 3.3333), ("10", 0.0, None), (None, 25.0, None)],
)
def test_a_balance_is_told_in_dollars_where_somebody_knows_what_it_is_worth(
    balance: str | None, per_usd: float, dollars: float | None
) -> None:
    told = shown_quota(QuotaFacts(credits=Credits(balance=balance)), now=NOW, credits_per_usd=per_usd)
    assert told is not None
    assert told.credits is not None
    assert told.credits.balance_usd == dollars


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("", None), (None, None), ("nan", None), ("much", None)])
def test_a_balance_is_a_number_or_not_known(text: str | None, number: float | None) -> None:
    told = shown_quota(QuotaFacts(credits=Credits(balance=text)), now=NOW)
    assert told is not None
    assert told.credits is not None
    assert told.credits.balance == number
