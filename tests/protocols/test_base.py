"""Codec errors are values at heart."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import InvalidRequest, Unsupported, UpstreamError


def test_an_invalid_request_names_its_field() -> None:
    failure = InvalidRequest("messages[0].role", "is required").failure()
    assert (failure.kind, failure.param) == (FailureKind.INVALID_REQUEST, "messages[0].role")
    assert failure.message == "messages[0].role: is required"


def test_a_whole_body_error_has_no_field() -> None:
    failure = InvalidRequest("", "the body is empty", code="invalid_json").failure()
    assert (failure.param, failure.code, failure.message) == (None, "invalid_json", "the body is empty")


def test_an_unsupported_field_says_so() -> None:
    assert Unsupported("audio", "is not available").failure().code == "unsupported_parameter"


def test_an_upstream_error_carries_its_failure() -> None:
    failure = Failure(kind=FailureKind.GARBLED, message="nonsense")
    assert UpstreamError(failure).failure is failure
