"""RFC 3339, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.ollama.timestamps import NANOSECONDS, epoch_seconds, rfc3339


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (951_782_400, "2000-02-29T00:00:00.000000000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
        (1_790_000_000, "2026-09-21T14:13:20.000000000Z"),
        (-1, "1969-12-31T23:59:59.000000000Z"),
    ],
)
def test_known_points_in_time(seconds: int, text: str) -> None:
    assert rfc3339(seconds * NANOSECONDS) == text
    assert epoch_seconds(text) == seconds


@given(seconds=st.integers(-62_135_596_800, 253_402_300_799), fraction=st.integers(0, NANOSECONDS - 1))
def test_what_is_written_is_read(seconds: int, fraction: int) -> None:
    assert epoch_seconds(rfc3339(seconds * NANOSECONDS + fraction)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-06-19T17:15:40.188240254-07:00", 1_781_914_540),
        ("2026-06-20T00:15:40Z", 1_781_914_540),
        ("2026-06-20t02:15:40+02:00", 1_781_914_540),
    ],
)
def test_offsets_count(text: str, seconds: int) -> None:
    assert epoch_seconds(text) == seconds


@pytest.mark.parametrize(
    "text", [None, 5, "", "yesterday", "2026-13-01T00:00:00Z", "2026-06-20", "٢٠٢٦-06-20T00:00:00Z"]
)
def test_anything_else_is_no_point_in_time(text: object) -> None:
    assert epoch_seconds(text) == 0
