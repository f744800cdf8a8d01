"""The step of default tools; that the steps build exactly the tables is tested with the steps."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from codex_proxy.storage.migrations.versions import v0006_default_tools


def test_keys_that_are_there_say_nothing_of_tools() -> None:
    assert v0006_default_tools.revision == "0006"
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE client_keys (key_id VARCHAR PRIMARY KEY)"))
        connection.execute(sa.text("INSERT INTO client_keys VALUES ('ck_1')"))
        v0006_default_tools.upgrade(Operations(MigrationContext.configure(connection)))
        assert connection.execute(sa.text("SELECT * FROM client_keys")).all() == [("ck_1", None)]
    engine.dispose()
