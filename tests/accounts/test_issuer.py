"""What an issuer may answer."""

from codex_proxy.accounts.issuer import IssuerError, Refusal


def test_an_error_tells_whether_the_refresh_token_may_be_spent() -> None:
    error = IssuerError(Refusal.NO_ANSWER, "the issuer did not answer", maybe_spent=True, retry_after_seconds=60.0)
    assert (error.refusal, error.maybe_spent, error.retry_after_seconds) == (Refusal.NO_ANSWER, True, 60.0)
    assert str(error) == "the issuer did not answer"


def test_a_refusal_spends_nothing_unless_it_says_so() -> None:
    assert not IssuerError(Refusal.UNREACHABLE, "no connection").maybe_spent
