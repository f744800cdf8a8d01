"""Shapes of messages."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind, client_status
from codex_proxy.operations.request_log.shapes import EXPECTED, MOST_SHAPE, shape_of, signature_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no answer in 30 s", "no answer in 1.5 s"),
        ("call req_0123456789abcdef failed", "call req_fedcba9876543210 failed"),
        ("id 01a2196c-ecf5-7117-b1ca-bf9102533888 is gone", "id 11a2196c-ecf5-7117-b1ca-bf9102533887 is gone"),
        ("no field 'stop' here", "no field 'top_p' here"),
        ("a\n  b", "a b"),
    ],
)
def test_messages_of_one_kind_have_one_shape(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)


def test_what_differs_in_words_differs() -> None:
    assert shape_of("connection lost") != shape_of("connection refused")
    assert shape_of("the upstream sent no headers in time") == "the upstream sent no headers in time"
    assert len(shape_of("long word " * 1000)) == MOST_SHAPE
    assert signature_of("a", "bc") != signature_of("ab", "c")


def test_limits_are_counted_and_are_no_errors() -> None:
    limits = {kind for kind in FailureKind if "limit" in kind.value or kind is FailureKind.BUDGET_SPENT}
    assert {client_status(Failure(kind=kind, message="m")) for kind in limits} == {429}
    assert limits <= EXPECTED
