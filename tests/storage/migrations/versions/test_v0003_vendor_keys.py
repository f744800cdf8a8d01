"""The step of vendor keys; that the steps build exactly the tables is tested with the steps."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, inspect

from codex_proxy.storage.migrations.versions import v0003_vendor_keys
from codex_proxy.storage.sql.tables.every import METADATA


def test_it_makes_its_tables() -> None:
    assert v0003_vendor_keys.revision == "0003"
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        v0003_vendor_keys.upgrade(Operations(context))
        assert set(inspect(connection).get_table_names()) == {"vendor_keys", "vendor_key_models"}
    engine.dispose()
