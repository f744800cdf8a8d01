"""The steps of the schema; that they make the tables in PostgreSQL too is tested with the stores."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, select
from sqlalchemy.engine import Connection

from codex_proxy.storage.sql.tables.every import ALEMBIC_VERSION, METADATA, SCHEMA_REVISION
from codex_proxy.storage.upkeep.migrating import steps_after, take_steps


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


def test_the_steps_build_exactly_the_tables() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        assert len(differences(connection)) > 10
        take_steps(connection, steps_after(None))
        assert differences(connection) == []
        assert connection.execute(select(ALEMBIC_VERSION)).all() == [(SCHEMA_REVISION,)]
    engine.dispose()


def test_the_newest_step_leads_to_the_revision_of_the_tables() -> None:
    assert steps_after(None)[0] == "0001"
    assert steps_after(None)[-1] == SCHEMA_REVISION
    assert steps_after(SCHEMA_REVISION) == ()
    assert steps_after("0001") == steps_after(None)[1:]


def test_a_revision_that_no_step_leads_to_is_told() -> None:
    with pytest.raises(LookupError, match="9999"):
        steps_after("9999")
