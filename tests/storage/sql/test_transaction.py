"""Writes under way."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.state import MARKS
from codex_proxy.storage.sql.transaction import MOST_PARAMETERS, Transaction
from tests.stores.places import opened

PLACE = ("accounts", "a", "id_token")


async def test_a_row_takes_the_place_of_the_one_with_its_key(tmp_path: Path) -> None:
    def change(transaction: Transaction) -> list[tuple[str, float]]:
        transaction.upsert(MARKS, [{"name": "a", "at": 1.0}, {"name": "b", "at": 1.0}])
        transaction.upsert(MARKS, [{"name": "a", "at": 2.0}])
        transaction.upsert(MARKS, [{"name": "a", "at": 1.5}, {"name": "b", "at": 1.5}], newer_by="at")
        transaction.upsert(MARKS, [])
        return [(row.name, row.at) for row in transaction.connection.execute(select(MARKS).order_by(MARKS.c.name))]

    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.write(change) == [("a", 2.0), ("b", 1.5)]


async def test_revisions_count_on_and_those_of_an_undone_write_come_again(tmp_path: Path) -> None:
    def undone(transaction: Transaction) -> None:
        assert [*transaction.next_revisions(1)] == [3]
        raise ZeroDivisionError

    async with opened(tmp_path, folder=tmp_path) as stores:
        counted = await stores.database.write(lambda each: [*each.next_revisions(0), *each.next_revisions(2)])
        assert counted == [1, 2]
        with pytest.raises(ZeroDivisionError):
            await stores.database.write(undone)
        assert await stores.database.write(lambda each: [*each.next_revisions(1)]) == [3]


async def test_what_is_sealed_opens_again(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        sealed = await stores.database.write(lambda each: each.seal("secret", PLACE))
        assert await stores.database.write(lambda each: each.open(sealed, PLACE)) == "secret"
        with pytest.raises(StoreUnusable):
            await stores.database.write(lambda each: each.open(sealed, ("accounts", "b", "id_token")))


async def test_more_accounts_are_looked_up_than_fit_into_one_statement(tmp_path: Path) -> None:
    row = {"issuer": "i", "enabled": True, "fingerprint_mode": "off", "added_at": 1.0, "generation": 0, "revision": 1}
    asked = [f"row{number}" for number in range(2 * MOST_PARAMETERS + 1)]

    def change(transaction: Transaction) -> frozenset[str]:
        transaction.connection.execute(insert(ACCOUNTS), [row | {"row_id": each} for each in (asked[0], asked[-1])])
        return transaction.known(asked)

    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.write(change) == {asked[0], asked[-1]}


async def test_rows_are_inserted_whole_and_each_once(tmp_path: Path) -> None:
    def change(transaction: Transaction) -> list[tuple[str, float]]:
        transaction.insert(MARKS, [{"name": "a", "at": 1.0}, {"at": 5.0, "name": "b"}])
        transaction.insert(MARKS, [])
        return [(row.name, row.at) for row in transaction.connection.execute(select(MARKS).order_by(MARKS.c.name))]

    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.write(change) == [("a", 1.0), ("b", 5.0)]
        with pytest.raises(StoreUnusable):
            await stores.database.write(change)


async def test_numbers_are_added_to_the_row_with_their_key(tmp_path: Path) -> None:
    def change(transaction: Transaction) -> list[tuple[str, float]]:
        transaction.add_up(MARKS, [{"name": "a", "at": 1.0}, {"name": "b", "at": 5.0}])
        transaction.add_up(MARKS, [{"name": "a", "at": 2.0}, {"name": "a", "at": 0.5}])
        transaction.add_up(MARKS, [])
        return [(row.name, row.at) for row in transaction.connection.execute(select(MARKS).order_by(MARKS.c.name))]

    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.database.write(change) == [("a", 3.5), ("b", 5.0)]
