"""Records of exchanges, as short as they may be, and any there can be."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from codex_proxy.usage.prices.table import USD_PLACES
from codex_proxy.usage.records import Counts, Facts, Outcome, UsageEvent

HOUR_AT = 1_790_000_000 // 86_400 * 86_400  # a day begins
_FACTS = {name: getattr(Facts(), name) for name in Facts.__struct_fields__}
_COUNTS = {name: getattr(Counts(), name) for name in Counts.__struct_fields__}


def event(event_id: str = "e", at: float = HOUR_AT, **members: Any) -> UsageEvent:
    """A record; members of its facts and counts are told like its own."""
    told = {"client_key_id": "key", "account_id": "account", "vendor": "codex", "model": "m"} | members
    facts = {name: told.pop(name) for name in _FACTS if name in told}
    counts = {name: told.pop(name) for name in _COUNTS if name in told}
    return UsageEvent(event_id=event_id, at=at, facts=Facts(**facts), counts=Counts(**counts), **told)


TOKENS = st.integers(min_value=0, max_value=10**10)
COSTS = st.none() | st.integers(min_value=0, max_value=10**15).map(
    lambda nano: (nano * USD_PLACES).quantize(USD_PLACES)
)
FACTS = st.builds(
    Facts,
    client_key_id=st.sampled_from(["", "k1", "k2"]),
    account_id=st.sampled_from(["", "a1"]),
    model=st.sampled_from(["m1", "m2"]),
    outcome=st.sampled_from(Outcome),
    failure=st.sampled_from(["", "timeout"]),
)
EVENTS = st.builds(
    UsageEvent,
    event_id=st.integers(min_value=0, max_value=10**9).map(str),
    at=st.floats(min_value=HOUR_AT, max_value=HOUR_AT + 200_000),
    facts=FACTS,
    counts=st.builds(Counts, input_tokens=TOKENS, output_tokens=TOKENS, estimated=st.booleans()),
    cost=COSTS,
    first_content_ms=st.none() | st.integers(min_value=0, max_value=10**6),
    duration_ms=st.integers(min_value=0, max_value=10**7),
    streamed=st.booleans(),
)
LISTS = st.lists(EVENTS, max_size=12, unique_by=lambda each: each.event_id)


def dollars(text: str) -> Decimal:
    """So many US dollars."""
    return Decimal(text).quantize(USD_PLACES)
