"""Accounts, and what is kept of them and for them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, String, Table, Text

from codex_proxy.storage.sql.tables.metadata import COUNTING, METADATA, account_key, sealed

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("row_id", String, primary_key=True),
    Column("identity_digest", String, unique=True),  # of issuer, account and user; none while the account is unknown
    Column("issuer", String, nullable=False),
    Column("account_id", String),
    Column("user_id", String),
    Column("email", String),
    Column("plan", String),
    Column("label", String),
    Column("enabled", Boolean, nullable=False),
    Column("fingerprint_mode", String, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("issued_at", Double),
    Column("expires_at", Double),
    Column("generation", BigInteger, nullable=False),
    Column("death", String),
    Column("died_at", Double),
    Column("followed_file", String),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("access_digest", String, index=True),  # SHA-256 of the token in hex
    Column("refresh_digest", String, index=True),
    sealed("access_token", nullable=True),
    sealed("refresh_token", nullable=True),
    sealed("id_token", nullable=True),
    sealed("client_key", nullable=True),
    Column("condition", LargeBinary),  # the lifecycle's, opaque here
    Column("counters", LargeBinary),  # the account's usage, opaque here
)

REMOVED_ACCOUNTS: Final = Table(
    "removed_accounts",
    METADATA,
    Column("row_id", String, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("removed_at", Double, nullable=False, index=True),  # it is forgotten some time after
)

REFRESH_INTENTS: Final = Table(
    "refresh_intents",
    METADATA,
    account_key(primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("earlier_tries", Integer, nullable=False),
)

ACCOUNT_EVENTS: Final = Table(
    "account_events",
    METADATA,
    Column("event_id", COUNTING, primary_key=True, autoincrement=True),
    account_key(),
    Column("at", Double, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("evidence", Text, nullable=False),  # a JSON object of texts
    Index(None, "row_id", "event_id"),
)

AFFINITY_HOMES: Final = Table(
    "affinity_homes",
    METADATA,
    Column("client_key_id", String, primary_key=True),
    Column("conversation_id", String, primary_key=True),
    account_key(index=True),
    Column("used_at", Double, nullable=False, index=True),
)

UPSTREAM_IDENTITIES: Final = Table(
    "upstream_identities",
    METADATA,
    Column("client_key_id", String, primary_key=True),
    Column("conversation_id", String, primary_key=True),
    account_key(primary_key=True, index=True),
    Column("used_at", Double, nullable=False, index=True),
    Column("session_id", String, nullable=False),
    Column("thread_id", String, nullable=False),
    Column("turn_id", String, nullable=False),
    Column("window_number", Integer, nullable=False),
    Column("turn_state", Text),  # the upstream's, opaque here
)
