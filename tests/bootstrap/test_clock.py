"""Ids are well-formed, unique and in order of time."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.bootstrap.clock import RandomIds, SystemClock, uuid7_text


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_a_uuid7_holds_its_time_and_its_version(unix_ms: int, random_bits: int) -> None:
    value = uuid.UUID(uuid7_text(unix_ms, random_bits))
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == unix_ms


@given(st.integers(0, 2**74 - 1), st.integers(0, 2**74 - 1))
def test_different_randomness_gives_different_ids(first: int, second: int) -> None:
    assert (uuid7_text(1, first) == uuid7_text(1, second)) == (first == second)


def test_tokens_are_long_and_url_safe() -> None:
    tokens = {RandomIds().token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 24 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


async def test_the_clock_moves_forward() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now() > 1_700_000_000
    assert uuid.UUID(RandomIds().uuid7()).version == 7
