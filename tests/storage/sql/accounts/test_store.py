"""The store of accounts in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import Changes, Edit, NewAccount, StoreUnusable
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.transaction import Transaction
from tests.stores.places import bytes_of, opened

SECRETS = Secrets(access_token="secret-at", refresh_token="secret-rt", id_token="secret-id", client_key="secret-key")


def new(row_id: str) -> NewAccount:
    return NewAccount(row_id=row_id, identity=Identity(issuer="i", account_id=row_id), secrets=SECRETS, label="visible")


async def test_s_14_tokens_do_not_lie_open(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(new("a"), now=1.0)
        await stores.accounts.edit("a", Edit(label="visible too"))
        found = bytes_of(tmp_path)
    found += bytes_of(tmp_path)
    assert b"visible too" in found
    assert b"secret-" not in found


async def test_accounts_outlive_the_process(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        record = (await stores.accounts.put(new("a"), now=1.0)).record
        await stores.accounts.keep_conditions({"a": b"limited"})
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert (await stores.accounts.load()).changed == (record,)
        assert await stores.accounts.secrets("a") == SECRETS
        assert await stores.accounts.load_conditions() == {"a": b"limited"}


async def test_another_process_sees_what_changed(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as here, opened(tmp_path, folder=tmp_path) as there:
        seen = (await here.accounts.load()).revision
        record = (await there.accounts.put(new("a"), now=1.0)).record
        news = await here.accounts.changes_since(seen)
        assert news.changed == (record,)
        await there.accounts.remove(["a"], now=1.0)
        assert await here.accounts.changes_since(news.revision) == Changes(revision=news.revision + 1, removed=("a",))


async def test_rows_whose_secrets_were_exchanged_do_not_open(tmp_path: Path) -> None:
    def exchange(transaction: Transaction) -> None:
        mine = select(ACCOUNTS.c.refresh_token).where(ACCOUNTS.c.row_id == "a").scalar_subquery()
        transaction.connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.row_id == "b").values(refresh_token=mine))

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(new("a"), now=1.0)
        await stores.accounts.put(new("b"), now=1.0)
        await stores.database.write(exchange)
        with pytest.raises(StoreUnusable, match="accounts/b/refresh_token"):
            await stores.accounts.secrets("b")
        assert await stores.accounts.secrets("a") == SECRETS
        # the owner can still do something about it
        assert await stores.accounts.edit("b", Edit(enabled=False)) is not None
        assert await stores.accounts.remove(["b"], now=1.0) == ("b",)
