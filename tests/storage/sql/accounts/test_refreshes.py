"""Refreshes on the tables; what every store keeps to is in the contract suite."""

from pathlib import Path

from sqlalchemy import Connection, select

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, Renewed
from codex_proxy.storage.sql.accounts.refreshes import Refreshes, open_intents
from codex_proxy.storage.sql.tables.accounts import REFRESH_INTENTS
from codex_proxy.storage.sql.transaction import Transaction
from tests.stores.places import bytes_of, opened

NEW = NewAccount(
    row_id="a",
    identity=Identity(issuer="i", account_id="acc"),
    secrets=Secrets(access_token="access-one", refresh_token="refresh-one"),
)
NEXT = Renewed(secrets=Secrets(access_token="access-two", refresh_token="refresh-two"))


def intents(connection: Connection) -> int:
    return len(connection.execute(select(REFRESH_INTENTS)).all())


async def test_the_pair_comes_and_the_intent_goes_in_one_step(tmp_path: Path) -> None:
    def die(transaction: Transaction) -> None:
        (intent,) = open_intents(transaction.connection)
        assert Refreshes(transaction).finish(intent, NEXT, now=3.0) is not None
        assert open_intents(transaction.connection) == ()
        raise ZeroDivisionError

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(NEW, now=1.0)
        intent = await stores.accounts.begin_refresh("a", generation=0, now=2.0)
        try:
            await stores.database.write(die)
        except ZeroDivisionError:
            assert await stores.database.read(open_intents) == (intent,)
        assert await stores.accounts.secrets("a") == NEW.secrets


async def test_an_intent_outlives_the_process_and_tells_no_token(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(NEW, now=1.0)
        begun = await stores.accounts.begin_refresh("a", generation=0, now=2.0)
        assert begun is not None
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.accounts.open_intents() == (begun,)
        assert (await stores.database.read(intents)) == 1
        await stores.accounts.finish_refresh(begun, NEXT, now=1.0)
        assert (await stores.database.read(intents)) == 0
        found = bytes_of(tmp_path)
    assert begun.digest.encode() in found
    for secret in (b"access-one", b"refresh-one", b"access-two", b"refresh-two"):
        assert secret not in found
