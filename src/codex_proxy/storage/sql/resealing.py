"""Sealing everything anew, with a key that takes over.

Rules of this file: first the store is told which key seals from now on, then row after row is sealed anew, each batch
a transaction of its own; killed anywhere, it goes on where it was, as every sealed value names its key.  A value that
does not open stops it: the old key must not be dropped then.
"""

from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, func, select, update

from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.every import SEALED_COLUMNS
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.sql.tables.state import STORE_STATE
from codex_proxy.storage.sql.transaction import Transaction

BATCH_ROWS: Final = 200


async def reseal(database: Database, *, key_id: str) -> int:
    """Seal with this key from now on, and whatever another key sealed; the count of values sealed anew.

    Raises:
        StoreUnusable: something cannot be opened, read or written; what was done so far stays.
    """
    await database.write(lambda transaction: transaction.seal_with(key_id))
    count = 0
    for column in SEALED_COLUMNS:
        while done := await database.write(partial(_reseal_batch, column=column, key_id=key_id)):
            count += done
    return count


def sealing_key_id(connection: Connection) -> str | None:
    """The key that the store seals with; None for a new store."""
    key_id: str | None = connection.execute(select(STORE_STATE.c.sealing_key_id)).scalar_one()
    return key_id


def adopt_key(connection: Connection, key_id: str) -> None:
    """Seal a new store with this key."""
    connection.execute(update(STORE_STATE).where(STORE_STATE.c.sealing_key_id.is_(None)).values(sealing_key_id=key_id))


def _reseal_batch(transaction: Transaction, *, column: Column[Any], key_id: str) -> int:
    connection, keys = transaction.connection, list(column.table.primary_key)
    others = func.substr(column, 1, len(key_id) // 2) != bytes.fromhex(key_id)  # a sealed value begins with its key id
    rows = connection.execute(select(*keys, column).where(column.is_not(None), others).limit(BATCH_ROWS)).all()
    for row in rows:
        place = place_of(column, *row[:-1])
        sealed = transaction.seal(transaction.open(row[-1], place), place)
        named = (key == value for key, value in zip(keys, row[:-1], strict=True))
        connection.execute(update(column.table).where(*named).values({column: sealed}))
    return len(rows)
