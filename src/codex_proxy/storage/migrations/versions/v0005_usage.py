"""What exchanges used: records, and buckets that they add up to.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0005"
down_revision = "0004"

_TOLD_APART_BY = ("client_key_id", "account_id", "vendor", "model", "dialect", "outcome", "failure")
_TOKENS = (
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "image_input_tokens",
    "image_output_tokens",
)
_EXCHANGES = (
    "request_count",
    "failed_count",
    "aborted_count",
    "streamed_count",
    "estimated_count",
    "unpriced_count",
    "attempts_count",
)
_PICTURES = ("image_request_count", "image_request_failed_count")
_MONEY_AND_TIME = ("cost_nano_usd", "first_content_count", "first_content_ms", "duration_ms")


def upgrade(op: Operations) -> None:
    """Make the tables."""
    op.create_table(
        "usage_events",
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("at", sa.Double, nullable=False, index=True),
        *_each(sa.String, *_TOLD_APART_BY, "model_asked"),
        *_each(sa.Integer, "status"),
        *_each(sa.BigInteger, *_TOKENS, "image_count"),
        *_each(sa.Boolean, "estimated"),
        sa.Column("cost_nano_usd", sa.BigInteger),
        *_each(sa.String, "priced_as_of"),
        sa.Column("first_content_ms", sa.BigInteger),
        *_each(sa.BigInteger, "duration_ms"),
        *_each(sa.Integer, "attempts_count", "notes_count"),
        *_each(sa.Boolean, "streamed", "image_failed"),
        *_each(sa.String, "effort", "service_tier"),
    )
    op.create_table(
        "usage_buckets",
        sa.Column("span_seconds", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("apart", sa.String, primary_key=True),
        sa.Column("begins_at", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, primary_key=True) for name in _TOLD_APART_BY),
        *_each(sa.BigInteger, *_EXCHANGES, *_TOKENS, *_PICTURES, *_MONEY_AND_TIME),
    )


def _each(kind: type[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
