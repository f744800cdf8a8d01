"""Dates in headers."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.errors.http_dates import http_date_seconds


@given(st.integers(0, 253_402_300_799))
def test_a_date_is_read_as_the_standard_library_writes_it(seconds: int) -> None:
    assert http_date_seconds(format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)) == seconds


def test_the_example_of_the_rfc() -> None:
    assert http_date_seconds(" Sun, 06 Nov 1994 08:49:37 GMT ") == 784_111_777


@pytest.mark.parametrize(
    "text", ["", "120", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET"]
)
def test_anything_else_is_no_date(text: str) -> None:
    assert http_date_seconds(text) is None
