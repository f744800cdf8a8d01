"""The schema of a database, brought up to date.

Rules of this file: all steps and the note of the version are one transaction; of several processes that start at once
one migrates and the others find it done.  A schema newer than this program's is refused, for an older program would
write rows that the newer one misreads.
Source: recipes, storage (Alembic in process); the steps get their operations as an argument, since Alembic's own
environment is global and two databases may be opened at once.
"""

from functools import cache
from pathlib import Path
from typing import Final

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.tables import METADATA

_MIGRATIONS: Final = Path(__file__).resolve().parents[1] / "migrations"
_VERSION_TABLE: Final = "alembic_version"
_ADVISORY_LOCK: Final = 0x636F646578  # "codex"; any number that nobody else locks


class ForeignSchema(StoreUnusable):
    """The tables are another program's, or a newer one's; says which."""


def migrate(connection: Connection) -> None:
    """Make or update the tables, within the transaction of ``connection``.

    Raises:
        ForeignSchema: a newer program made them; nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
    operations = Operations(context)
    steps = steps_left(connection)
    for step in steps:
        _scripts().get_revision(step).module.upgrade(operations)
    if steps:
        context.stamp(_scripts(), "head")


def steps_left(connection: Connection) -> tuple[str, ...]:
    """The steps to take, in order.

    Raises:
        ForeignSchema: a newer program made the tables.
    """
    version = MigrationContext.configure(connection).get_current_revision()
    known = [script.revision for script in _scripts().walk_revisions()]  # newest first
    if version is None:
        return tuple(reversed(known))
    if version not in known:
        raise ForeignSchema(f"its schema {version} is not known here; a newer version of this program made it")
    return tuple(reversed(known[: known.index(version)]))


def is_ours(connection: Connection) -> bool:
    """Whether the tables are this program's."""
    return inspect(connection).has_table(_VERSION_TABLE)


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))
