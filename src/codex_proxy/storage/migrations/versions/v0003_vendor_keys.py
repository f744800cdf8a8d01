"""Keys of third-party APIs and the models they are for.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0003"
down_revision = "0002"


def upgrade(op: Operations) -> None:
    """Make the tables."""
    op.create_table(
        "vendor_keys",
        sa.Column("row_id", sa.String, primary_key=True),
        sa.Column("vendor", sa.String, nullable=False),
        sa.Column("base_url", sa.String, nullable=False),
        sa.Column("wire", sa.String, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("allow_private", sa.Boolean, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("cooling_until", sa.Double),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("added_at", sa.Double, nullable=False),
        sa.Column("last_used_at", sa.Double),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "vendor_key_models",
        sa.Column("row_id", sa.String, sa.ForeignKey("vendor_keys.row_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("model_id", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("capabilities", sa.String, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
    )
