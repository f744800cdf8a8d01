"""The first step; that the steps build exactly the tables is tested with the steps."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect, text

from codex_proxy.storage.migrations.versions import v0001_accounts
from codex_proxy.storage.sql.tables.every import METADATA


def test_it_makes_its_tables_and_the_one_row_of_the_state() -> None:
    assert (v0001_accounts.revision, v0001_accounts.down_revision) == ("0001", None)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        v0001_accounts.upgrade(Operations(context))
        assert set(inspect(connection).get_table_names()) >= {
            "account_events",
            "accounts",
            "affinity_homes",
            "cookies",
            "egress_assignments",
            "egress_proxies",
            "marks",
            "refresh_intents",
            "removed_accounts",
            "store_state",
        }
        assert connection.execute(text("SELECT * FROM store_state")).all() == [(1, 0, 0, None)]
    engine.dispose()
