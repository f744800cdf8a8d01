"""Ids of conversations upstream, by account; removals of accounts that are forgotten after a while.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0002"
down_revision = "0001"


def upgrade(op: Operations) -> None:
    """Change the tables."""
    _upstream_identities(op)
    _removed_accounts(op)


def _upstream_identities(op: Operations) -> None:
    op.drop_column("affinity_homes", "upstream")  # nothing was ever written there
    cascade = sa.ForeignKey("accounts.row_id", ondelete="CASCADE")
    op.create_table(
        "upstream_identities",
        sa.Column("client_key_id", sa.String, primary_key=True),
        sa.Column("conversation_id", sa.String, primary_key=True),
        sa.Column("row_id", sa.String, cascade, primary_key=True, index=True, nullable=False),
        sa.Column("used_at", sa.Double, nullable=False, index=True),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("thread_id", sa.String, nullable=False),
        sa.Column("turn_id", sa.String, nullable=False),
        sa.Column("window_number", sa.Integer, nullable=False),
        sa.Column("turn_state", sa.Text),
    )


def _removed_accounts(op: Operations) -> None:
    """Begin anew: when each account went is not known, so that whoever follows reads everything once more."""
    op.add_column("store_state", sa.Column("forgotten_revision", sa.BigInteger))
    state = sa.table("store_state", sa.column("revision"), sa.column("forgotten_revision"))
    op.execute(state.update().values(forgotten_revision=state.c.revision))
    op.drop_table("removed_accounts")
    op.create_table(
        "removed_accounts",
        sa.Column("row_id", sa.String, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
        sa.Column("removed_at", sa.Double, nullable=False, index=True),
    )
