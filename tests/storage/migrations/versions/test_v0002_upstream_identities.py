"""The second step; that the steps build exactly the tables is tested with the steps."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect, text

from codex_proxy.storage.migrations.versions import v0001_accounts, v0002_upstream_identities
from codex_proxy.storage.sql.tables.every import METADATA

ACCOUNT = """INSERT INTO accounts (row_id, issuer, enabled, fingerprint_mode, added_at, generation, revision)
    VALUES ('a', 'i', 1, 'off', 1.0, 0, 6)"""
HOME = """INSERT INTO affinity_homes (client_key_id, conversation_id, row_id, used_at, upstream)
    VALUES ('key', 'conversation', 'a', 5.0, '')"""


def test_homes_stay_and_whoever_followed_before_reads_everything_anew() -> None:
    assert (v0002_upstream_identities.revision, v0002_upstream_identities.down_revision) == ("0002", "0001")
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"target_metadata": METADATA}))
        v0001_accounts.upgrade(operations)
        for told in (ACCOUNT, HOME, "INSERT INTO removed_accounts VALUES ('gone', 7)"):
            connection.execute(text(told))
        connection.execute(text("UPDATE store_state SET revision = 7"))
        v0002_upstream_identities.upgrade(operations)
        assert connection.execute(text("SELECT * FROM affinity_homes")).all() == [("key", "conversation", "a", 5.0)]
        assert connection.execute(text("SELECT * FROM store_state")).all() == [(1, 7, 0, None, 7)]
        assert connection.execute(text("SELECT * FROM removed_accounts")).all() == []
        assert "upstream_identities" in inspect(connection).get_table_names()
    engine.dispose()
