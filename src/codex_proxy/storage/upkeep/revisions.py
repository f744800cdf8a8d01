"""The revision of a database's schema: seen, and made this program's.

Rules of this file: all that is done to a schema and the note of its revision are one transaction; of several processes
that start at once one does it and the others find it done.  A new database gets the tables as they are now, and only
one of an earlier revision needs the steps and Alembic, which takes them.  A revision newer than this program's is
refused, for an older program would write rows that the newer one misreads.
"""

from importlib import import_module
from typing import Any, Final

from sqlalchemy import Connection, func, insert, inspect, select

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.tables.every import ALEMBIC_VERSION, METADATA, SCHEMA_REVISION
from codex_proxy.storage.sql.tables.state import FIRST_STATE, STORE_STATE

_ADVISORY_LOCK: Final = 0x636F646578  # "codex"; any number that nobody else locks


class ForeignSchema(StoreUnusable):
    """The tables are another program's, or a newer one's; says which."""


def bring_up_to_date(connection: Connection) -> None:
    """Make or update the tables, within the transaction of ``connection``.

    Raises:
        ForeignSchema: a newer program made them; nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    if not is_ours(connection):
        _make_tables(connection)
    elif steps := steps_left(connection):
        _migrating().take_steps(connection, steps)


def steps_left(connection: Connection) -> tuple[str, ...]:
    """The steps that tables of this program lack, in order.

    Raises:
        ForeignSchema: a newer program made the tables.
    """
    revision = _revision(connection)
    if revision == SCHEMA_REVISION:
        return ()
    try:
        steps: tuple[str, ...] = _migrating().steps_after(revision)
    except LookupError as error:
        told = f"its schema {revision} is not known here; a newer version of this program made it"
        raise ForeignSchema(told) from error
    return steps


def is_ours(connection: Connection) -> bool:
    """Whether the tables are this program's."""
    return inspect(connection).has_table(ALEMBIC_VERSION.name)


def _make_tables(connection: Connection) -> None:
    # Without looking first: a table of another program's in the place of ours is an error, and nobody's to be taken.
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(insert(STORE_STATE), FIRST_STATE)
    ALEMBIC_VERSION.create(connection, checkfirst=False)
    connection.execute(insert(ALEMBIC_VERSION).values(version_num=SCHEMA_REVISION))


def _revision(connection: Connection) -> str | None:
    """The revision that is noted; several, as after branches that were not merged, are no revision of ours."""
    return " and ".join(sorted(connection.scalars(select(ALEMBIC_VERSION.c.version_num)))) or None


def _migrating() -> Any:
    # With it comes Alembic, 12 MB and 0.7 s that only the first start of a version with another schema needs.
    return import_module("codex_proxy.storage.upkeep.migrating")
