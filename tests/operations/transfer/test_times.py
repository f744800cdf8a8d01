"""Times as files write them."""

import pytest

from codex_proxy.operations.transfer.times import iso, read_iso


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert iso(1_800_000_000.25) == "2027-01-15T08:00:00.250Z"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2027-01-15T08:00:00.250Z", 1_800_000_000.25),
        (" 2027-01-15T08:00:00Z ", 1_800_000_000.0),
        ("2027-01-15T09:00:00+01:00", 1_800_000_000.0),
        ("2027-01-15T08:00:00", 1_800_000_000.0),
        ("2027-01-15", 1_799_971_200.0),
    ],
)
def test_a_time_is_read_in_whatever_zone(text: str, at: float) -> None:
    assert read_iso(text) == at


@pytest.mark.parametrize("text", ["", "soon", "1800000000.5x", "1969-12-31T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_iso(text) is None
