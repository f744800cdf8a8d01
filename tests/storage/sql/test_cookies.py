"""Cookies in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

import pytest
from sqlalchemy import update

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.tables.egress import COOKIES
from tests.stores.places import bytes_of, of, opened
from tests.stores.test_affinity_store_contract import with_accounts
from tests.stores.test_cookie_store_contract import cookie


async def test_values_do_not_lie_open(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await (await with_accounts(of(stores), "a")).cookies.keep([cookie("a", "direct", "clearance-secret")])
        found = bytes_of(tmp_path)
    assert b"cf_clearance" in found
    assert b"clearance-secret" not in found


async def test_a_19_a_value_moved_to_another_egress_does_not_open(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await (await with_accounts(of(stores), "a")).cookies.keep([cookie("a", "direct", "one")])
        moved = update(COOKIES).values(egress_id="proxy")
        await stores.database.write(lambda transaction: transaction.connection.execute(moved))
        with pytest.raises(StoreUnusable, match="cookies/a/proxy"):
            await stores.cookies.load()
