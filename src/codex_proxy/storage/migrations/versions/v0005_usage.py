"""What exchanges used: records, and buckets that they add up to.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0005"
down_revision = "0004"

_TOLD_APART_BY = ("client_key_id", "account_id", "vendor", "model", "dialect", "outcome", "failure")
_ADDED_UP = (
    "request_count",
    "failed_count",
    "aborted_count",
    "streamed_count",
    "estimated_count",
    "unpriced_count",
    "attempts_count",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "image_input_tokens",
    "image_output_tokens",
    "image_request_count",
    "image_request_failed_count",
    "cost_nano_usd",
    "first_content_count",
    "first_content_ms",
    "duration_ms",
)


def upgrade(op: Operations) -> None:
    """Make the tables."""
    op.create_table(
        "usage_events",
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("at", sa.Double, nullable=False, index=True),
        *(sa.Column(name, sa.String, nullable=False) for name in _TOLD_APART_BY),
        sa.Column("model_asked", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger, nullable=False),
        sa.Column("image_input_tokens", sa.BigInteger, nullable=False),
        sa.Column("image_output_tokens", sa.BigInteger, nullable=False),
        sa.Column("image_count", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger),
        sa.Column("priced_as_of", sa.String, nullable=False),
        sa.Column("first_content_ms", sa.BigInteger),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts_count", sa.Integer, nullable=False),
        sa.Column("notes_count", sa.Integer, nullable=False),
        sa.Column("streamed", sa.Boolean, nullable=False),
        sa.Column("image_failed", sa.Boolean, nullable=False),
        sa.Column("effort", sa.String, nullable=False),
        sa.Column("service_tier", sa.String, nullable=False),
    )
    op.create_table(
        "usage_buckets",
        sa.Column("span_seconds", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("apart", sa.String, primary_key=True),
        sa.Column("begins_at", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, primary_key=True) for name in _TOLD_APART_BY),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _ADDED_UP),
    )
