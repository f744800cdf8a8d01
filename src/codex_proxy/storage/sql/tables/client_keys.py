"""Client keys that were handed out, what they may use up, and what they did."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from codex_proxy.storage.sql.tables.metadata import METADATA


def _client_key(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    cascade = ForeignKey("client_keys.key_id", ondelete="CASCADE")
    return Column("key_id", String, cascade, primary_key=primary_key, index=index, nullable=False)


def _counts() -> tuple[Column[int], ...]:
    names = ("request_count", "failed_count", "input_tokens", "output_tokens", "micro_usd", "unpriced_count")
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


CLIENT_KEYS: Final = Table(
    "client_keys",
    METADATA,
    Column("key_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),  # of the secret, which is nowhere
    Column("shown", String, nullable=False),  # its beginning and end
    Column("scopes", String, nullable=False),  # words with a space between
    Column("models", String),  # names with a space between; none where all may be asked
    Column("enabled", Boolean, nullable=False),
    Column("expires_at", Double),
    Column("requests_per_minute", Integer),
    Column("tokens_per_minute", BigInteger),
    Column("concurrency", Integer),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("default_tools", Text),  # JSON, in the Responses form; none where those of all keys hold
)

CLIENT_KEY_BUDGETS: Final = Table(
    "client_key_budgets",
    METADATA,
    _client_key(primary_key=True),
    Column("period", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("most", BigInteger, nullable=False),  # tokens, or millionths of a dollar
)

CLIENT_KEY_TOTALS: Final = Table(
    "client_key_totals",
    METADATA,
    _client_key(primary_key=True),
    *_counts(),
    Column("last_used_at", Double, nullable=False),
)

CLIENT_KEY_HOURS: Final = Table(
    "client_key_hours",
    METADATA,
    _client_key(primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # when the hour began
    *_counts(),
)

CLIENT_KEY_RESERVATIONS: Final = Table(
    "client_key_reservations",
    METADATA,
    Column("reservation_id", String, primary_key=True),
    _client_key(),
    Column("tokens", BigInteger, nullable=False),
    Column("micro_usd", BigInteger, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("settled", Boolean, nullable=False),  # it is kept for a while, so that it is not settled again
    Index(None, "key_id", "settled"),
)
