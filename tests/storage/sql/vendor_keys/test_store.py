"""Vendor keys in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.vendors.key import KeyModel
from tests.stores.places import bytes_of, opened
from tests.vendors.samples import SECRET, key


async def test_secrets_do_not_lie_open(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.vendor_keys.add([key(label="a label")])
        found = bytes_of(tmp_path)
    assert b"a label" in found
    assert SECRET.encode() not in found


async def test_another_process_sees_changes_and_two_that_add_one_key_have_one(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as here, opened(tmp_path, folder=tmp_path) as there:
        seen = await here.vendor_keys.load()
        await there.vendor_keys.add([key("a")])
        (again,) = await here.vendor_keys.add([key("b", models=(KeyModel(id="n"),))])
        assert (again.key.row_id, again.new_models) == ("a", ("n",))
        news = await there.vendor_keys.load_newer(seen.version)
        assert news is not None
        assert [each.row_id for each in news.keys] == ["a"]


async def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.vendor_keys.add([key("a"), key("b", secret="b")])

        def change(before: object) -> None:
            if before != first:
                raise StoreUnusable("the disk is full")

        first, second = (await stores.vendor_keys.load()).keys
        with pytest.raises(StoreUnusable, match="full"):
            await stores.vendor_keys.change(["a", "b"], change)
        assert (await stores.vendor_keys.load()).keys == (first, second)
