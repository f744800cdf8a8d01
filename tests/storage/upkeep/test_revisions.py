"""The revision of a schema."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, inspect, select, text
from sqlalchemy.exc import OperationalError

from codex_proxy.storage.sql.engines import plain_sqlite
from codex_proxy.storage.sql.tables.every import ALEMBIC_VERSION, METADATA, SCHEMA_REVISION
from codex_proxy.storage.sql.tables.state import STORE_STATE
from codex_proxy.storage.upkeep.migrating import steps_after
from codex_proxy.storage.upkeep.revisions import ForeignSchema, bring_up_to_date, is_ours, steps_left
from tests.stores.test_databases import described


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database in memory."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """A database in a file, whose changes of tables are undone with their transaction."""
    (tmp_path / "db").touch()
    engine = plain_sqlite(tmp_path / "db", read_only=False)
    yield engine
    engine.dispose()


def test_a_new_database_gets_the_tables_and_the_note_of_their_revision(connection: Connection) -> None:
    assert not is_ours(connection)
    bring_up_to_date(connection)
    assert is_ours(connection)
    assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
    assert connection.execute(select(STORE_STATE)).all() == [(1, 0, 0, None, None)]
    assert connection.execute(select(ALEMBIC_VERSION)).all() == [(SCHEMA_REVISION,)]
    assert steps_left(connection) == ()


def test_a_schema_that_is_up_to_date_is_left_alone(connection: Connection) -> None:
    bring_up_to_date(connection)
    connection.execute(text("UPDATE store_state SET revision = 7"))
    bring_up_to_date(connection)
    assert connection.execute(select(STORE_STATE)).all() == [(1, 7, 0, None, None)]
    assert connection.execute(select(ALEMBIC_VERSION)).all() == [(SCHEMA_REVISION,)]


def test_a_schema_without_a_revision_gets_the_steps(connection: Connection) -> None:
    ALEMBIC_VERSION.create(connection)
    assert steps_left(connection) == steps_after(None)
    bring_up_to_date(connection)
    assert steps_left(connection) == ()
    assert connection.execute(select(STORE_STATE)).all() == [(1, 0, 0, None, 0)]


def test_a_newer_schema_is_refused(connection: Connection) -> None:
    bring_up_to_date(connection)
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for ask in (bring_up_to_date, steps_left):
        with pytest.raises(ForeignSchema, match="9999"):
            ask(connection)


def test_a_schema_of_two_revisions_is_refused(connection: Connection) -> None:
    bring_up_to_date(connection)
    connection.execute(insert(ALEMBIC_VERSION).values(version_num="0000"))
    with pytest.raises(ForeignSchema, match=f"0000 and {SCHEMA_REVISION}"):
        bring_up_to_date(connection)


@pytest.mark.parametrize("noted", [False, True])
def test_a_table_of_another_program_is_not_taken_and_nothing_is_left_behind(file_engine: Engine, noted: bool) -> None:
    with file_engine.begin() as connection:
        connection.execute(text("CREATE TABLE egress_assignments (row_id TEXT)"))  # one of the last to be made
        if noted:
            ALEMBIC_VERSION.create(connection)
    before = inspect(file_engine).get_table_names()
    with pytest.raises(OperationalError, match="already exists"), file_engine.begin() as connection:
        bring_up_to_date(connection)
    assert inspect(file_engine).get_table_names() == before


def test_the_steps_make_what_a_new_database_gets(file_engine: Engine) -> None:
    with file_engine.begin() as connection:
        bring_up_to_date(connection)
        new, state = described(connection), connection.execute(select(STORE_STATE)).all()
        METADATA.drop_all(connection)
        connection.execute(delete(ALEMBIC_VERSION))
        bring_up_to_date(connection)
        assert described(connection) == new
        assert [row[:4] for row in connection.execute(select(STORE_STATE)).all()] == [row[:4] for row in state]
    assert len(new) > len(METADATA.tables)
