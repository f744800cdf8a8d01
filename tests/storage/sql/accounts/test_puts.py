"""Credentials kept on the tables; what every store keeps to is in the contract suites."""

from pathlib import Path

from sqlalchemy import event

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.sql.accounts.puts import adopt, put, put_many
from codex_proxy.storage.sql.transaction import Transaction
from tests.stores.places import opened


def new(number: int, access: str, refresh: str | None = None) -> NewAccount:
    identity = Identity(issuer="i", account_id=f"acc-{number}", user_id="user")
    secrets = Secrets(access_token=f"{access}-{number}", refresh_token=refresh and f"{refresh}-{number}")
    return NewAccount(row_id=f"{number:04}", identity=identity, secrets=secrets)


async def test_many_credentials_take_as_few_statements_as_some(tmp_path: Path) -> None:
    def counted(transaction: Transaction, credentials: list[NewAccount]) -> int:
        told: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            told.append(statement)

        event.listen(transaction.connection, "before_cursor_execute", note)
        put_many(transaction, credentials, 1.0)
        event.remove(transaction.connection, "before_cursor_execute", note)
        return len(told)

    def work(transaction: Transaction) -> None:
        added = counted(transaction, [new(number, "at", "rt") for number in range(100)])
        changed = counted(transaction, [new(number, "at2", "rt2") for number in range(100)])
        assert added == counted(transaction, [new(number, "at", "rt") for number in range(100, 110)])
        assert changed == counted(transaction, [new(number, "at2", "rt2") for number in range(100, 110)])
        assert max(added, changed) < 10

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(work)


async def test_the_ways_to_keep_a_credential_agree(tmp_path: Path) -> None:
    def work(transaction: Transaction) -> None:
        [one] = put_many(transaction, [new(1, "at", "rt")], 1.0)
        two = put(transaction, new(2, "at", "rt"), 1.0)
        assert (one.added, two.added) == (True, True)
        [one] = put_many(transaction, [new(1, "at2")], 2.0)
        two = put(transaction, new(2, "at2"), 2.0)
        three = adopt(transaction, new(2, "at2"))
        assert one.record.generation == two.record.generation == 1
        assert three is not None
        assert three.record == two.record
        assert adopt(transaction, new(3, "at")) is None

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(work)
