"""What follows from an issuer's answer."""

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.record import Death
from codex_proxy.accounts.refreshing.answers import Again, Dead, DeadUnlessNewer, after


@pytest.mark.parametrize("refusal", list(Refusal))
@pytest.mark.parametrize("failures", [1, 2, 9])
@pytest.mark.parametrize("earlier_tries", [0, 1])
def test_every_refusal_is_decided_at_any_count(refusal: Refusal, failures: int, earlier_tries: int) -> None:
    decided = after(IssuerError(refusal, "no"), failures=failures, earlier_tries=earlier_tries)
    assert isinstance(decided, Dead | DeadUnlessNewer | Again)


@pytest.mark.parametrize(
    ("refusal", "death"),
    [
        (Refusal.REFRESH_TOKEN_EXPIRED, Death.EXPIRED),
        (Refusal.REFRESH_TOKEN_REVOKED, Death.REVOKED),
        (Refusal.DEACTIVATED, Death.DEACTIVATED),
    ],
)
def test_b_03_what_can_never_work_again_is_not_tried_again(refusal: Refusal, death: Death) -> None:
    assert after(IssuerError(refusal, "no"), failures=1, earlier_tries=0) == Dead(death=death)


def test_b_02_a_token_that_another_holder_spent_is_no_ban() -> None:
    reused = IssuerError(Refusal.REFRESH_TOKEN_REUSED, "no")
    assert after(reused, failures=1, earlier_tries=0) == DeadUnlessNewer(death=Death.REUSED)
    assert after(reused, failures=1, earlier_tries=1) == DeadUnlessNewer(death=Death.UNKNOWN_AFTER_CRASH)


def test_a_token_that_may_be_spent_is_tried_once_more_and_no_more() -> None:
    silent = IssuerError(Refusal.NO_ANSWER, "silence", maybe_spent=True)
    assert after(silent, failures=1, earlier_tries=0) == Again(seconds=60.0)
    assert after(silent, failures=2, earlier_tries=1) == Dead(death=Death.UNKNOWN_AFTER_CRASH)


def test_waits_grow_and_then_stay() -> None:
    def wait(failures: int, refusal: Refusal = Refusal.UNAVAILABLE) -> float:
        decided = after(IssuerError(refusal, "no"), failures=failures, earlier_tries=0)
        assert isinstance(decided, Again)
        return decided.seconds

    assert [wait(count) for count in range(1, 9)] == [5, 15, 45, 135, 300, 600, 600, 600]
    assert [wait(count, Refusal.CHALLENGE) for count in range(1, 5)] == [60, 300, 900, 900]


def test_the_issuers_own_word_lengthens_a_wait_and_never_shortens_it() -> None:
    for told, expected in ((120.0, 120.0), (1.0, 5.0)):
        limited = IssuerError(Refusal.RATE_LIMITED, "slow down", retry_after_seconds=told)
        assert after(limited, failures=1, earlier_tries=0) == Again(seconds=expected)


@pytest.mark.parametrize("refusal", [Refusal.REGION, Refusal.CHALLENGE])
def test_a_05_a_refused_way_out_is_not_the_accounts_fault(refusal: Refusal) -> None:
    assert isinstance(after(IssuerError(refusal, "no"), failures=1, earlier_tries=0), Again)
