"""The accounts of the Node system, taken over once."""

import contextlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.accounts.record import FingerprintMode, Identity, Secrets
from codex_proxy.accounts.store import Edit, NewAccount, StoreUnusable
from codex_proxy.storage.legacy.importing import NodeImport, import_node_files
from codex_proxy.storage.opening import Stores
from tests.storage.legacy.test_node_files import ENTRY, ISSUER, TOKEN, USAGE, accounts_json
from tests.stores.memory_store import MemoryAccountStore
from tests.stores.places import opened

OTHER = ENTRY | {"id": "fedcba9876543210", "userId": "other", "status": "rate_limited", "label": None}


async def taken_over(stores: Stores, folder: Path) -> NodeImport | None:
    return await import_node_files(folder, accounts=stores.accounts, marks=stores.marks, issuer=ISSUER, now=500.0)


def write_sqlite(path: Path, *entries: Any) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (id TEXT, token TEXT, entry_json TEXT)")
        rows = [(entry["id"], entry["token"], json.dumps(entry)) for entry in entries]
        connection.executemany("INSERT INTO accounts VALUES (?, ?, ?)", rows)
        connection.commit()


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_accounts_come_with_what_their_owner_wanted(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_bytes(accounts_json(ENTRY, OTHER, {}))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, tmp_path) == NodeImport(
            source="accounts.json", added=2, skipped=("account 3: it has neither a token nor a refresh token",)
        )
        first, second = (await stores.accounts.load()).changed
        assert (first.row_id, first.enabled, first.label) == ("0123456789abcdef", False, "work")
        assert (first.fingerprint_mode, first.added_at) == (FingerprintMode.SESSION, 1_767_323_045.678)
        assert (second.enabled, second.identity) == (True, Identity(issuer=ISSUER, account_id="acc", user_id="other"))
        assert await stores.accounts.secrets(first.row_id) == Secrets(
            access_token=TOKEN, refresh_token="rt-1", client_key="codex-proxy-00ff"
        )
        counters = await stores.accounts.load_counters()
        assert json.loads(counters[first.row_id]) == USAGE


async def test_it_never_happens_twice(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_bytes(accounts_json(ENTRY))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, tmp_path) is not None
        await stores.accounts.remove(["0123456789abcdef"], now=1.0)
        assert await taken_over(stores, tmp_path) is None
        assert (await stores.accounts.load()).changed == ()


async def test_one_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    class Dying(MemoryAccountStore):
        """Dies before the first account is disabled."""

        async def edit_many(self, edits: Mapping[str, Edit]) -> Any:
            raise StoreUnusable("the disk is full")

    (tmp_path / "accounts.json").write_bytes(accounts_json(ENTRY))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        with pytest.raises(StoreUnusable, match="full"):
            await import_node_files(tmp_path, accounts=Dying(), marks=stores.marks, issuer=ISSUER, now=500.0)
        await stores.accounts.put(
            NewAccount(
                row_id="0123456789abcdef",
                identity=Identity(issuer=ISSUER, account_id="acc", user_id="user"),
                secrets=Secrets(access_token=TOKEN),
            ),
            now=1.0,
        )
        assert await taken_over(stores, tmp_path) == NodeImport(source="accounts.json", updated=1)
        (record,) = (await stores.accounts.load()).changed
        assert (record.enabled, record.label) == (False, "work")


async def test_the_newest_form_is_taken_and_the_files_stay_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    write_sqlite(folder / "accounts.sqlite", ENTRY, OTHER)
    (folder / "accounts.json").write_bytes(accounts_json(ENTRY))
    (folder / "auth.json").write_text(json.dumps({"token": TOKEN}))
    with contextlib.closing(sqlite3.connect(folder / "accounts.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("DELETE FROM accounts WHERE id = 'fedcba9876543210'")
        connection.commit()
        left = files_in(folder)  # with a -wal that holds the last change, as a killed process leaves it
    for name, content in left.items():
        (folder / name).write_bytes(content)
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, folder) == NodeImport(source="accounts.sqlite", added=1)
    assert files_in(folder) == left


async def test_where_the_newest_form_cannot_be_read_the_next_is_taken(tmp_path: Path) -> None:
    (tmp_path / "accounts.sqlite").write_bytes(b"no database" * 500)
    (tmp_path / "accounts.json").write_bytes(accounts_json(ENTRY))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        told = await taken_over(stores, tmp_path)
        assert told == NodeImport(source="accounts.json", added=1, skipped=("accounts.sqlite: file is not a database",))


async def test_where_nothing_can_be_read_it_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_bytes(b"{")
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, tmp_path) == NodeImport(skipped=("accounts.json: it is no JSON",))
        (tmp_path / "accounts.json").unlink()
        assert await taken_over(stores, tmp_path) is None
        (tmp_path / "auth.json").write_text(json.dumps({"token": TOKEN}))
        assert await taken_over(stores, tmp_path) == NodeImport(source="auth.json", added=1)
