"""Keys in memory follow the store."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.granted.store import SecretTaken
from codex_proxy.operations.granted.book import GrantedKeyBook, UnknownClientKey
from tests.access.granted.samples import KEY_ID, SECRET, granted
from tests.stores.places import opened


async def test_a_change_counts_at_once_here_and_elsewhere_when_it_is_followed(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        here = GrantedKeyBook(stores.client_keys, GrantedKeys())
        there = GrantedKeyBook(stores.client_keys, GrantedKeys())
        await there.load()
        added = await here.add(granted())
        assert here.ring.find(SECRET) == added
        assert there.all_keys() == ()
        assert await there.follow()
        assert there.all_keys() == (added,)
        changed = await here.change(KEY_ID, lambda key: replace(key, enabled=False))
        assert (here.find(KEY_ID), changed.enabled) == (changed, False)
        await here.remove(KEY_ID)
        assert here.ring.find(SECRET) is None
        await there.follow()
        assert len(there.ring) == 0


async def test_what_is_not_there_cannot_be_changed_and_a_secret_is_one_keys(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        book = GrantedKeyBook(stores.client_keys, GrantedKeys())
        await book.add(granted())
        with pytest.raises(SecretTaken):
            await book.add(granted("ck_2"))
        with pytest.raises(UnknownClientKey):
            book.find("ck_2")
        with pytest.raises(UnknownClientKey):
            await book.change("ck_2", lambda key: key)
        with pytest.raises(UnknownClientKey):
            await book.remove("ck_2")
