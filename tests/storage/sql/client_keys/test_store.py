"""Handed-out keys in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

import pytest

from codex_proxy.access.granted.budgets import Amount
from codex_proxy.access.granted.store import Batch, Reservation
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.opening import DATABASE_FILE
from tests.access.granted.samples import KEY_ID, NOW, SECRET, granted, usd
from tests.stores.places import bytes_of, opened


async def test_s_14_no_secret_lies_in_the_file(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.client_keys.add(granted(name="a name"))
        found = bytes_of(tmp_path)
    assert b"a name" in found
    assert SECRET.encode() not in found


async def test_two_gateways_on_one_directory_spend_one_budget_and_see_each_others_keys(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as here, opened(tmp_path, folder=tmp_path) as there:
        seen = await there.client_keys.load()
        await here.client_keys.add(granted(budgets=(usd(10),)))
        newer = await there.client_keys.load_newer(seen.version)
        assert newer is not None
        assert [key.key_id for key in newer.keys] == [KEY_ID]
        assert await there.client_keys.load_newer(newer.version) is None
        refusals = [
            (await stores.client_keys.book(Batch(wanted=(_wanted(f"{name}{number}"),)), now=NOW))[0]
            for number in range(4)
            for name, stores in (("here", here), ("there", there))
        ]
    assert [refusal is None for refusal in refusals] == [True] * 5 + [False] * 3


async def test_s_18_what_cannot_be_read_is_never_taken_for_no_keys(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"no database at all" * 100)
    async with opened(tmp_path, folder=tmp_path) as stores:
        with pytest.raises(StoreUnusable):
            await stores.client_keys.load()
    assert (tmp_path / DATABASE_FILE).read_bytes() == b"no database at all" * 100


def _wanted(name: str) -> Reservation:
    return Reservation(reservation_id=name, key_id=KEY_ID, amount=Amount(micro_usd=2), expires_at=NOW + 100)
