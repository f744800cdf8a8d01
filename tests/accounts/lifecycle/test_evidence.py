"""What is kept of a failure, and until when it says that it lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.lifecycle.evidence import Evidence, asked_after, ends_at, evidence_of, redacted
from codex_proxy.canonical.failure import Failure, FailureKind
from tests.accounts.lifecycle.scene import DAY, NOW


def limit(*, resets_at: float | None = None, wait: float | None = None) -> Failure:
    return Failure(kind=FailureKind.USAGE_LIMIT, message="m", resets_at=resets_at, retry_after_seconds=wait)


@pytest.mark.parametrize(
    ("failure", "until"),
    [
        (limit(resets_at=NOW + 500), NOW + 500),
        (limit(resets_at=(NOW + 500) * 1000), NOW + 500),
        (limit(wait=30), NOW + 30),
        (limit(wait=18_000_000), NOW + 18_000),
        (limit(resets_at=NOW + 500, wait=30), NOW + 500),
        (limit(resets_at=NOW - 1, wait=30), NOW + 30),
        (limit(resets_at=NOW - 1), None),
        (limit(wait=0), None),
        (limit(wait=-5), None),
        (limit(wait=1e12), NOW + 40 * DAY),
        (limit(resets_at=float("nan"), wait=float("inf")), None),
        (limit(resets_at=1e300), None),
        (limit(), None),
    ],
)
def test_q_06_the_end_is_the_one_the_upstream_named_whatever_its_unit(failure: Failure, until: float | None) -> None:
    assert ends_at(failure, now=NOW) == until


@given(st.floats(), st.floats())
def test_an_end_lies_ahead_or_is_not_known(resets_at: float, wait: float) -> None:
    until = ends_at(limit(resets_at=resets_at, wait=wait), now=NOW)
    assert until is None or NOW < until <= 1e11


def test_evidence_is_short_and_holds_no_secret() -> None:
    failure = Failure(
        kind=FailureKind.FORBIDDEN,
        message="Bearer abc.def for a.person+x@example.org: eyJhbGciOi.eyJzdWIi.c2ln, rt_0123456789abcdef " + "x" * 900,
        code="account_deactivated",
        status=403,
        request_id="req_1",
    )
    kept = evidence_of(failure, asked_at=NOW)
    assert (kept.status, kept.code, kept.request_id, kept.asked_at) == (403, "account_deactivated", "req_1", NOW)
    assert kept.message is not None
    assert kept.message.startswith("*** for ***: ***, *** xxx")
    assert len(kept.message) == 300


@pytest.mark.parametrize(
    "text", ["The usage limit has been reached", "try again in 3 s", "v1.2 of the model", "rt_short"]
)
def test_plain_words_stay(text: str) -> None:
    assert redacted(text) == text


def test_good_news_counts_if_it_was_asked_for_after_the_bad_news_or_comes_a_minute_later() -> None:
    assert not asked_after(Evidence(asked_at=NOW - 1), NOW, now=NOW + 500)
    assert asked_after(Evidence(asked_at=NOW), NOW, now=NOW + 1)
    assert not asked_after(Evidence(), NOW, now=NOW + 59)
    assert asked_after(Evidence(), NOW, now=NOW + 60)
