"""The tables, the same in SQLite and PostgreSQL.

Rules of this file: what a column holds is said here; a new database gets these tables, and the steps of ``migrations``
make exactly them (tests compare both).  Times are epoch seconds (UTC); a sealed column holds what ``sealing.ring`` made
for ``place_of`` its row.  What names an account goes with it.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

SCHEMA_REVISION: Final = "0003"  # of the newest step in ``migrations``, which makes these tables out of earlier ones

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_COUNTING: Final = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER keys count by themselves in SQLite


def _account_key(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    cascade = ForeignKey("accounts.row_id", ondelete="CASCADE")
    return Column("row_id", String, cascade, primary_key=primary_key, index=index, nullable=False)


def _sealed(name: str, *, nullable: bool) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable, info={"sealed": True})


def place_of(column: Column[Any], *key: str) -> tuple[str, ...]:
    """Where a sealed value is, from the primary key of its row."""
    return (str(column.table.name), *key, str(column.name))


STORE_STATE: Final = Table(
    "store_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),  # of the last change of an account, in whichever process
    Column("egress_revision", BigInteger, nullable=False),
    Column("sealing_key_id", String, nullable=True),  # what is sealed from now on; none before the first opening
    Column("forgotten_revision", BigInteger, nullable=True),  # of the last account whose removal is forgotten
)

FIRST_STATE: Final = {  # the one row there is
    "id": 1,
    "revision": 0,
    "egress_revision": 0,
    "sealing_key_id": None,
    "forgotten_revision": None,
}

MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", String, primary_key=True),  # something that is done once in a store's life
    Column("at", Double, nullable=False),
)

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
    _sealed("access_token", nullable=True),
    _sealed("refresh_token", nullable=True),
    _sealed("id_token", nullable=True),
    _sealed("client_key", nullable=True),
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
    _account_key(primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("earlier_tries", Integer, nullable=False),
)

ACCOUNT_EVENTS: Final = Table(
    "account_events",
    METADATA,
    Column("event_id", _COUNTING, primary_key=True, autoincrement=True),
    _account_key(),
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
    _account_key(index=True),
    Column("used_at", Double, nullable=False, index=True),
)

UPSTREAM_IDENTITIES: Final = Table(
    "upstream_identities",
    METADATA,
    Column("client_key_id", String, primary_key=True),
    Column("conversation_id", String, primary_key=True),
    _account_key(primary_key=True, index=True),
    Column("used_at", Double, nullable=False, index=True),
    Column("session_id", String, nullable=False),
    Column("thread_id", String, nullable=False),
    Column("turn_id", String, nullable=False),
    Column("window_number", Integer, nullable=False),
    Column("turn_state", Text),  # the upstream's, opaque here
)

COOKIES: Final = Table(
    "cookies",
    METADATA,
    _account_key(primary_key=True),
    Column("egress_id", String, primary_key=True),
    Column("domain", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("name", String, primary_key=True),
    _sealed("value", nullable=False),
    Column("user_agent", String),
    Column("expires_at", Double),
    Column("captured_at", Double, nullable=False),
)

EGRESS_PROXIES: Final = Table(
    "egress_proxies",
    METADATA,
    Column("proxy_id", String, primary_key=True),
    Column("name", String, nullable=False),
    _sealed("url", nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("checked_at", Double),
    Column("exit_ip", String),
    Column("latency_ms", Integer),
    Column("error", String),
)

EGRESS_ASSIGNMENTS: Final = Table(
    "egress_assignments",
    METADATA,
    _account_key(primary_key=True),
    Column("target", String, nullable=False, index=True),  # a proxy's id or the word of a mode
)

VENDOR_KEYS: Final = Table(
    "vendor_keys",
    METADATA,
    Column("row_id", String, primary_key=True),
    Column("vendor", String, nullable=False),
    Column("base_url", String, nullable=False),
    Column("wire", String, nullable=False),
    _sealed("secret", nullable=False),
    Column("label", String),
    Column("allow_private", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),  # what the vendor said last against it
    Column("cooling_until", Double),
    Column("strikes", Integer, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("revision", BigInteger, nullable=False, index=True),
)

VENDOR_KEY_MODELS: Final = Table(
    "vendor_key_models",
    METADATA,
    Column("row_id", String, ForeignKey("vendor_keys.row_id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", String, primary_key=True),  # the vendor's own id
    Column("position", Integer, nullable=False),
    Column("display_name", String, nullable=False),
    Column("capabilities", String, nullable=False),  # words with a space between
    Column("enabled", Boolean, nullable=False),
)

# Source: Alembic, ``MigrationContext``, which reads and writes it; none of ours, so not one of those it compares.
ALEMBIC_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

SEALED_COLUMNS: Final = tuple(
    column for table in METADATA.sorted_tables for column in table.columns if column.info.get("sealed")
)
