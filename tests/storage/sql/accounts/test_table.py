"""Accounts within one write."""

from pathlib import Path

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.sql.accounts.table import AccountTable, find_record
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.storage.succession import Held, made
from tests.stores.places import opened

ALICE = Identity(issuer="i", account_id="acc", user_id="alice")
NAMELESS = Identity(issuer="i")


def account(row_id: str, identity: Identity, access: str | None, refresh: str | None = None) -> Held:
    secrets = Secrets(access_token=access, refresh_token=refresh)
    return made(NewAccount(row_id=row_id, identity=identity, secrets=secrets), now=1.0)


def row_id(held: Held | None) -> str | None:
    return None if held is None else held.record.row_id


async def test_accounts_are_found_by_what_names_them(tmp_path: Path) -> None:
    def work(transaction: Transaction) -> None:
        table = AccountTable(transaction)
        table.add(account("a", ALICE, "at1", "rt1"))
        table.add(account("b", NAMELESS, "at2", "rt2"))
        assert [row_id(table.get(each)) for each in "abc"] == ["a", "b", None]
        assert row_id(table.of_identity(ALICE)) == "a"
        assert table.of_identity(NAMELESS) is None
        held = table.get("b")
        assert held is not None
        assert held.secrets == Secrets(access_token="at2", refresh_token="rt2")
        assert find_record(transaction.connection, "b") == held.record

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(work)


async def test_tokens_name_an_account_only_where_a_name_is_missing(tmp_path: Path) -> None:
    bob = Identity(issuer="i", account_id="acc", user_id="bob")

    def found(table: AccountTable, identity: Identity, access: str | None, refresh: str | None = None) -> str | None:
        return row_id(table.of_tokens(Secrets(access_token=access, refresh_token=refresh), identity))

    def work(transaction: Transaction) -> None:
        table = AccountTable(transaction)
        table.add(account("a", ALICE, "at1", "rt1"))
        table.add(account("b", NAMELESS, "at2", "rt2"))
        assert found(table, NAMELESS, "at1") == "a"
        assert found(table, NAMELESS, None, "rt1") == "a"
        assert found(table, bob, "at1", "rt1") is None
        assert found(table, bob, None, "rt2") == "b"
        assert found(table, Identity(issuer="j"), "at2") is None
        assert found(table, NAMELESS, None) is None

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(work)


async def test_every_change_takes_the_next_revision_and_no_change_takes_none(tmp_path: Path) -> None:
    def work(transaction: Transaction) -> None:
        table = AccountTable(transaction)
        added = table.add(account("a", ALICE, "at1"))
        held = table.get("a")
        assert held is not None
        assert table.change(held, held) == added
        changed = table.change(held, Held(record=held.record, secrets=Secrets(access_token="at2")))
        assert (added.revision, changed.revision) == (1, 2)
        assert [table.remove_all(["a"], now=1.0), table.remove_all(["a"], now=1.0)] == [("a",), ()]
        assert [*transaction.next_revisions(1)] == [4]

    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.database.write(work)
