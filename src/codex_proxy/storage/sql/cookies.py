"""Cookies on SQLite or PostgreSQL.

Rules of this file: a value is sealed for the account, the egress and the name it was set for; a lost cookie is set
again by the upstream, so nothing is flushed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, select

from codex_proxy.accounts.keeping import Cookie
from codex_proxy.storage.sealing.ring import Place, Unseal
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.egress import COOKIES
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.sql.transaction import Transaction

_KEY = [column.name for column in COOKIES.primary_key]


class SqlCookieStore:
    """Implements ``CookieStore``."""

    def __init__(self, database: Database, unseal: Unseal) -> None:
        self._database = database
        self._unseal = unseal

    async def load(self) -> tuple[Cookie, ...]:
        """See ``CookieStore``."""
        rows = await self._database.read(
            lambda connection: connection.execute(select(COOKIES).order_by(*COOKIES.primary_key)).all()
        )
        return tuple(self._cookie(row) for row in rows)

    async def keep(self, cookies: Sequence[Cookie]) -> None:
        """See ``CookieStore``."""
        await self._database.write(lambda transaction: _keep(transaction, cookies), durable=False)

    async def drop(self, row_id: str, *, egress_id: str | None = None) -> None:
        """See ``CookieStore``."""
        gone = delete(COOKIES).where(COOKIES.c.row_id == row_id)
        if egress_id is not None:
            gone = gone.where(COOKIES.c.egress_id == egress_id)
        await self._database.write(lambda transaction: transaction.connection.execute(gone), durable=False)

    async def expire(self, *, now: float) -> None:
        """See ``CookieStore``."""
        gone = delete(COOKIES).where(COOKIES.c.expires_at <= now)
        await self._database.write(lambda transaction: transaction.connection.execute(gone), durable=False)

    def _cookie(self, row: Row[tuple[object, ...]]) -> Cookie:
        columns = row._asdict()
        place = _place(columns)
        return Cookie(**columns | {"value": self._unseal(row.value, place)})


def _place(columns: Mapping[str, Any]) -> Place:
    return place_of(COOKIES.c.value, *(columns[name] for name in _KEY))


def _keep(transaction: Transaction, cookies: Sequence[Cookie]) -> None:
    known = transaction.known([*{cookie.row_id for cookie in cookies}])
    transaction.upsert(COOKIES, [_columns(transaction, cookie) for cookie in cookies if cookie.row_id in known])


def _columns(transaction: Transaction, cookie: Cookie) -> dict[str, object]:
    columns = msgspec.structs.asdict(cookie)
    return columns | {"value": transaction.seal(cookie.value, _place(columns))}
