"""The step of usage; that the steps build exactly the tables is tested with the steps."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect

from codex_proxy.storage.migrations.versions import v0005_usage
from codex_proxy.storage.sql.tables.every import METADATA


def test_it_makes_its_tables() -> None:
    assert v0005_usage.revision == "0005"
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        v0005_usage.upgrade(Operations(context))
        assert set(inspect(connection).get_table_names()) == {"usage_events", "usage_buckets"}
    engine.dispose()
