"""The steps from one revision of the schema to the next, taken by Alembic.

Rules of this file: it is the only one that knows Alembic, and ``revisions`` loads it where there are steps to take.
Source: recipes, storage (Alembic in process); the steps get their operations as an argument, since Alembic's own
environment is global and two databases may be opened at once.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from codex_proxy.storage.sql.tables.every import METADATA

_MIGRATIONS: Final = Path(__file__).resolve().parents[1] / "migrations"


def steps_after(revision: str | None) -> tuple[str, ...]:
    """The steps that lead on from a revision, in order; all of them where there is none yet.

    Raises:
        LookupError: no step leads to this revision.
    """
    known = [script.revision for script in _scripts().walk_revisions()]  # newest first
    if revision is None:
        return tuple(reversed(known))
    if revision not in known:
        raise LookupError(revision)
    return tuple(reversed(known[: known.index(revision)]))


def take_steps(connection: Connection, steps: Sequence[str]) -> None:
    """Take all the steps that are left and note the last, within the transaction of ``connection``."""
    context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
    operations = Operations(context)
    for step in steps:
        _scripts().get_revision(step).module.upgrade(operations)
    context.stamp(_scripts(), "head")


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))
