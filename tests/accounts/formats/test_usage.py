"""Counters in files, and as they are kept."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.formats.usage import decode_counters, encode_counters, read_usage
from codex_proxy.accounts.quota.counters import Tally, UsageCounters, shown_usage
from codex_proxy.operations.transfer.times import iso, read_iso
from tests.accounts.formats.samples import NOW

COUNTERS = UsageCounters(
    total=Tally(request_count=7, input_tokens=100, estimated_cost_usd=Decimal("0.25"), empty_response_count=1),
    window=Tally(request_count=2, output_tokens=9),
    last_used_at=NOW - 60,
    window_resets_at=NOW + 600,
    window_seconds=18_000,
    window_began_at=NOW - 1000,
)


def test_what_is_shown_is_read_back() -> None:
    assert read_usage(shown_usage(COUNTERS, now=NOW, iso=iso), read_time=read_iso) == COUNTERS


def test_what_is_kept_is_read_back() -> None:
    assert decode_counters(encode_counters(COUNTERS), read_time=read_iso) == COUNTERS
    assert decode_counters(encode_counters(UsageCounters()), read_time=read_iso) == UsageCounters()


def test_what_was_kept_of_the_node_system_is_read_as_well() -> None:
    kept = msgspec.json.encode({"request_count": 5, "last_used": "2027-01-15T08:00:00.000Z", "window_reset_at": None})
    assert decode_counters(kept, read_time=read_iso) == UsageCounters(total=Tally(request_count=5), last_used_at=NOW)


@pytest.mark.parametrize("count", [None, "5", True, -1, 2**60, 10**400, float("inf"), float("nan"), [5]])
def test_what_is_no_count_counts_nothing(count: Any) -> None:
    assert read_usage({"request_count": count, "estimated_cost_usd": count}, read_time=read_iso) == UsageCounters()


@given(kept=st.binary())
def test_whatever_was_kept_gives_counters(kept: bytes) -> None:
    assert isinstance(decode_counters(kept, read_time=read_iso), UsageCounters)


@pytest.mark.parametrize("usage", [None, 5, "usage", []])
def test_what_is_no_object_is_no_usage(usage: Any) -> None:
    assert read_usage(usage, read_time=read_iso) is None
