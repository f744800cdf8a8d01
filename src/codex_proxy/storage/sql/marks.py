"""What is done once in a store's life, and when it was done."""

from sqlalchemy import Connection, select

from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.state import MARKS


class SqlMarks:
    """Remembers names; both verbs raise ``StoreUnusable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has(self, name: str) -> bool:
        """Whether this was done."""
        return await self._database.read(lambda connection: _is_there(connection, name))

    async def set(self, name: str, *, now: float) -> None:
        """Note that it is done."""
        await self._database.write(lambda transaction: transaction.upsert(MARKS, [{"name": name, "at": now}]))


def _is_there(connection: Connection, name: str) -> bool:
    return connection.execute(select(MARKS.c.at).where(MARKS.c.name == name)).one_or_none() is not None
