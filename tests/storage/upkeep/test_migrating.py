"""The schema, step by step."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import Connection

from codex_proxy.storage.sql.engines import plain_sqlite
from codex_proxy.storage.sql.tables import METADATA, STORE_STATE
from codex_proxy.storage.upkeep.migrating import ForeignSchema, is_ours, migrate, steps_left


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


def test_the_steps_build_exactly_the_tables() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assert not is_ours(connection)
        assert len(differences(connection)) > 10
        migrate(connection)
        assert is_ours(connection)
        assert differences(connection) == []
    engine.dispose()


def test_a_schema_that_is_up_to_date_is_left_alone() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assert len(steps_left(connection)) > 0
        migrate(connection)
        assert steps_left(connection) == ()
        migrate(connection)
        assert connection.execute(select(STORE_STATE)).all() == [(1, 0, 0, None)]
    engine.dispose()


def test_a_newer_schema_is_refused() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        for ask in (migrate, steps_left):
            with pytest.raises(ForeignSchema, match="9999"):
                ask(connection)
    engine.dispose()


def test_steps_that_fail_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "db").touch()
    engine = plain_sqlite(tmp_path / "db", read_only=False)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE egress_assignments (row_id TEXT)"))  # the last one to be made
    with pytest.raises(Exception, match="already exists"), engine.begin() as connection:
        migrate(connection)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["egress_assignments"]
    engine.dispose()
