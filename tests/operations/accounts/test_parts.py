"""What is said of an upstream's refusal holds no secret."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.parts import UnknownAccount, UpstreamRefused


def test_an_upstreams_words_are_told_without_what_looks_like_a_secret() -> None:
    failure = Failure(kind=FailureKind.UNAUTHORIZED, message="token eyJhbGciOiJSUzI1NiJ9.e30.x is bad")
    assert str(UpstreamRefused(failure)) == "token *** is bad"


def test_an_unknown_account_is_not_repeated_in_the_message() -> None:
    error = UnknownAccount("<script>")
    assert (str(error), error.row_id) == ("there is no such account", "<script>")
