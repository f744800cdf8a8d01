"""The first schema: accounts, what belongs to them, and the ways out.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0001"
down_revision = None


def upgrade(op: Operations) -> None:
    """Make the tables."""
    _store_state(op)
    _accounts(op)
    _accounts_lives(op)
    _conversations_and_cookies(op)
    _egress(op)


def _account_key(*, primary_key: bool = False, index: bool = False) -> sa.Column[str]:
    cascade = sa.ForeignKey("accounts.row_id", ondelete="CASCADE")
    return sa.Column("row_id", sa.String, cascade, primary_key=primary_key, index=index, nullable=False)


def _store_state(op: Operations) -> None:
    state = op.create_table(
        "store_state",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("egress_revision", sa.BigInteger, nullable=False),
        sa.Column("sealing_key_id", sa.String, nullable=True),
    )
    op.bulk_insert(state, [{"id": 1, "revision": 0, "egress_revision": 0, "sealing_key_id": None}])
    op.create_table(
        "marks",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
    )


def _accounts(op: Operations) -> None:
    op.create_table(
        "accounts",
        sa.Column("row_id", sa.String, primary_key=True),
        sa.Column("identity_digest", sa.String, unique=True),
        sa.Column("issuer", sa.String, nullable=False),
        sa.Column("account_id", sa.String),
        sa.Column("user_id", sa.String),
        sa.Column("email", sa.String),
        sa.Column("plan", sa.String),
        sa.Column("label", sa.String),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("fingerprint_mode", sa.String, nullable=False),
        sa.Column("added_at", sa.Double, nullable=False),
        sa.Column("issued_at", sa.Double),
        sa.Column("expires_at", sa.Double),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("death", sa.String),
        sa.Column("died_at", sa.Double),
        sa.Column("followed_file", sa.String),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
        sa.Column("access_digest", sa.String, index=True),
        sa.Column("refresh_digest", sa.String, index=True),
        sa.Column("access_token", sa.LargeBinary),
        sa.Column("refresh_token", sa.LargeBinary),
        sa.Column("id_token", sa.LargeBinary),
        sa.Column("client_key", sa.LargeBinary),
        sa.Column("condition", sa.LargeBinary),
        sa.Column("counters", sa.LargeBinary),
    )
    op.create_table(
        "removed_accounts",
        sa.Column("row_id", sa.String, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )


def _accounts_lives(op: Operations) -> None:
    op.create_table(
        "refresh_intents",
        _account_key(primary_key=True),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("earlier_tries", sa.Integer, nullable=False),
    )
    counting = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "account_events",
        sa.Column("event_id", counting, primary_key=True, autoincrement=True),
        _account_key(),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("before", sa.String, nullable=False),
        sa.Column("after", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Index(None, "row_id", "event_id"),
    )


def _conversations_and_cookies(op: Operations) -> None:
    op.create_table(
        "affinity_homes",
        sa.Column("client_key_id", sa.String, primary_key=True),
        sa.Column("conversation_id", sa.String, primary_key=True),
        _account_key(index=True),
        sa.Column("used_at", sa.Double, nullable=False, index=True),
        sa.Column("upstream", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cookies",
        _account_key(primary_key=True),
        sa.Column("egress_id", sa.String, primary_key=True),
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("user_agent", sa.String),
        sa.Column("expires_at", sa.Double),
        sa.Column("captured_at", sa.Double, nullable=False),
    )


def _egress(op: Operations) -> None:
    op.create_table(
        "egress_proxies",
        sa.Column("proxy_id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("url", sa.LargeBinary, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("added_at", sa.Double, nullable=False),
        sa.Column("checked_at", sa.Double),
        sa.Column("exit_ip", sa.String),
        sa.Column("latency_ms", sa.Integer),
        sa.Column("error", sa.String),
    )
    op.create_table(
        "egress_assignments",
        _account_key(primary_key=True),
        sa.Column("target", sa.String, nullable=False, index=True),
    )
