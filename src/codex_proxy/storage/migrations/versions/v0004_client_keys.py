"""Client keys that are handed out: their terms, their budgets, what they used and what is held back for them.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0004"
down_revision = "0003"

_COUNTS = ("request_count", "failed_count", "input_tokens", "output_tokens", "micro_usd", "unpriced_count")


def upgrade(op: Operations) -> None:
    """Make the tables."""
    op.create_table(
        "client_keys",
        sa.Column("key_id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("shown", sa.String, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("models", sa.String),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("requests_per_minute", sa.Integer),
        sa.Column("tokens_per_minute", sa.BigInteger),
        sa.Column("concurrency", sa.Integer),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "client_key_budgets",
        _client_key(primary_key=True),
        sa.Column("period", sa.String, primary_key=True),
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("most", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "client_key_totals",
        _client_key(primary_key=True),
        *_counts(),
        sa.Column("last_used_at", sa.Double, nullable=False),
    )
    op.create_table(
        "client_key_hours",
        _client_key(primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        *_counts(),
    )
    op.create_table(
        "client_key_reservations",
        sa.Column("reservation_id", sa.String, primary_key=True),
        _client_key(primary_key=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("micro_usd", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False, index=True),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Index(None, "key_id", "settled"),
    )


def _client_key(*, primary_key: bool) -> sa.Column[str]:
    cascade = sa.ForeignKey("client_keys.key_id", ondelete="CASCADE")
    return sa.Column("key_id", sa.String, cascade, primary_key=primary_key, nullable=False)


def _counts() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS]
