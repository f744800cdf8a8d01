"""Sealing everything anew."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, StoreUnusable
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.sealing.ring import key_id_of
from codex_proxy.storage.sealing.rotation import rotate
from codex_proxy.storage.sealing.sources import KeyFile, new_key
from codex_proxy.storage.sql.resealing import BATCH_ROWS, reseal
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.every import SEALED_COLUMNS
from tests.stores.places import of, opened
from tests.stores.test_affinity_store_contract import with_accounts
from tests.stores.test_cookie_store_contract import cookie
from tests.stores.test_egress_store_contract import ONE
from tests.vendors.samples import key


def key_ids(connection: Connection) -> set[str]:
    return {
        key_id_of(sealed)
        for column in SEALED_COLUMNS
        for sealed in connection.scalars(select(column).where(column.is_not(None)))
    }


async def filled(stores: Stores) -> Stores:
    await with_accounts(of(stores), "a", "b")
    secrets = Secrets(access_token="at", refresh_token="rt", id_token="it", client_key="codex-proxy-1")
    await stores.accounts.put(NewAccount(row_id="c", identity=Identity(issuer="i"), secrets=secrets), now=1.0)
    await stores.cookies.keep([cookie("a", "direct", "one"), cookie("b", "direct", "two")])
    await stores.egress.put([ONE])
    await stores.vendor_keys.add([key("v")])
    return stores


async def everything(stores: Stores) -> list[object]:
    rows = [record.row_id for record in (await stores.accounts.load()).changed]
    tokens = [await stores.accounts.secrets(row_id) for row_id in rows]
    return [tokens, await stores.cookies.load(), await stores.egress.load(), await stores.vendor_keys.load()]


async def test_a_new_key_seals_everything_and_nothing_changes_for_its_readers(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    async with opened(tmp_path, folder=tmp_path) as stores, opened(tmp_path, folder=tmp_path) as beside:
        before = await everything(await filled(stores))
        seen = (await stores.accounts.load()).revision
        (old,) = await stores.database.read(key_ids)
        await rotate(keys, new_key=new_key, reseal=stores.reseal)
        (new,) = await stores.database.read(key_ids)
        assert new != old
        # a process that was there before reads and writes with the new key
        assert await everything(beside) == before
        await beside.cookies.keep([cookie("a", "proxy", "three")])
        assert await stores.database.read(key_ids) == {new}
        assert (await stores.accounts.changes_since(seen)).changed == ()
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert stores.health.ok


async def test_more_rows_than_a_batch_are_sealed_anew(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    async with opened(tmp_path, folder=tmp_path) as stores:
        await with_accounts(of(stores), "a")
        await stores.cookies.keep([cookie("a", f"egress {number}", "x") for number in range(2 * BATCH_ROWS + 1)])
        counted: list[int] = []

        async def counting(key_id: str) -> None:
            counted.append(await stores.reseal(key_id))

        await rotate(keys, new_key=new_key, reseal=counting)
        assert counted == [2 * BATCH_ROWS + 2]
        assert len(await stores.database.read(key_ids)) == 1


async def test_what_does_not_open_keeps_the_old_key(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    async with opened(tmp_path, folder=tmp_path) as stores:
        before = await everything(await filled(stores))
        damaged = update(ACCOUNTS).where(ACCOUNTS.c.row_id == "b").values(id_token=b"\x00" * 40)
        await stores.database.write(lambda transaction: transaction.connection.execute(damaged))
        with pytest.raises(StoreUnusable):
            await rotate(keys, new_key=new_key, reseal=stores.reseal)
        assert len(keys.read()) == 2
        mended = update(ACCOUNTS).where(ACCOUNTS.c.row_id == "b").values(id_token=None)
        await stores.database.write(lambda transaction: transaction.connection.execute(mended))
        assert await everything(stores) == before
        await rotate(keys, new_key=new_key, reseal=stores.reseal)
        assert (len(keys.read()), await everything(stores)) == (1, before)


async def test_a_key_that_is_not_there_cannot_take_over(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        before = await everything(await filled(stores))
        with pytest.raises(StoreUnusable, match="0011223344556677"):
            await reseal(stores.database, key_id="0011223344556677")
        assert await everything(stores) == before
        await stores.cookies.keep([cookie("a", "proxy", "three")])
