"""What exchanges used: one by one for a while, and added up for longer.

Neither goes with its account or key: what was used was used.  Empty texts stand for what there is none of, since they
are part of keys.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, String, Table

from codex_proxy.storage.sql.tables.metadata import METADATA
from codex_proxy.usage.buckets import SUMS

USAGE_EVENTS: Final = Table(
    "usage_events",
    METADATA,
    Column("event_id", String, primary_key=True),  # our request id
    Column("at", Double, nullable=False, index=True),
    Column("client_key_id", String, nullable=False),
    Column("account_id", String, nullable=False),  # of a vendor key where a vendor answered
    Column("vendor", String, nullable=False),
    Column("model", String, nullable=False),
    Column("dialect", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("failure", String, nullable=False),
    Column("model_asked", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("image_input_tokens", BigInteger, nullable=False),
    Column("image_output_tokens", BigInteger, nullable=False),
    Column("image_count", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("cost_nano_usd", BigInteger),  # billionths of a dollar; none where a price is not known
    Column("priced_as_of", String, nullable=False),
    Column("first_content_ms", BigInteger),
    Column("duration_ms", BigInteger, nullable=False),
    Column("attempts_count", Integer, nullable=False),
    Column("notes_count", Integer, nullable=False),
    Column("streamed", Boolean, nullable=False),
    Column("image_failed", Boolean, nullable=False),
    Column("effort", String, nullable=False),
    Column("service_tier", String, nullable=False),
)

USAGE_BUCKETS: Final = Table(
    "usage_buckets",
    METADATA,
    Column("span_seconds", Integer, primary_key=True, autoincrement=False),
    Column("apart", String, primary_key=True),  # by what exchanges are told apart; see ``usage.buckets``
    Column("begins_at", BigInteger, primary_key=True, autoincrement=False),
    Column("client_key_id", String, primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("vendor", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("dialect", String, primary_key=True),
    Column("outcome", String, primary_key=True),
    Column("failure", String, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in SUMS),
)
