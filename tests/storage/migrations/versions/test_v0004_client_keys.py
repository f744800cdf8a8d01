"""The step of client keys; that the steps build exactly the tables is tested with the steps."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect

from codex_proxy.storage.migrations.versions import v0004_client_keys
from codex_proxy.storage.sql.tables.every import METADATA


def test_it_makes_its_tables() -> None:
    assert v0004_client_keys.revision == "0004"
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        v0004_client_keys.upgrade(Operations(context))
        assert set(inspect(connection).get_table_names()) == {
            "client_keys",
            "client_key_budgets",
            "client_key_totals",
            "client_key_hours",
            "client_key_reservations",
        }
    engine.dispose()
