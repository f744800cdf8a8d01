"""A new key takes over."""

from pathlib import Path

import pytest

from codex_proxy.access.keys import INFERENCE, make_key
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.client_keys import KeptKey, KeptKeys
from codex_proxy.storage.access_file import AccessFile
from codex_proxy.storage.file_locks import FileLock
from codex_proxy.storage.sealing.ring import KeyRing
from codex_proxy.storage.sealing.rotation import rotate
from codex_proxy.storage.sealing.sources import GivenKeys, KeyFile, KeysUnusable, new_key
from tests.storage.sealing.test_sources import told


def ids_of(source: KeyFile) -> tuple[str, ...]:
    return KeyRing(source.read()).key_ids


async def test_the_new_key_seals_and_then_the_old_one_goes(tmp_path: Path) -> None:
    source = KeyFile(tmp_path)
    (old,) = ids_of(source)
    seen: list[tuple[str, tuple[str, ...]]] = []

    async def reseal(key_id: str) -> None:
        seen.append((key_id, ids_of(source)))

    await rotate(source, new_key=new_key, reseal=reseal)
    (new,) = ids_of(source)
    assert new != old
    assert seen == [(new, (new, old))]


async def test_what_was_cut_short_goes_on_with_the_same_key(tmp_path: Path) -> None:
    source = KeyFile(tmp_path)
    (old,) = ids_of(source)
    asked: list[str] = []

    async def reseal(key_id: str) -> None:
        asked.append(key_id)
        if len(asked) == 1:
            raise StoreUnusable("the disk is full")

    with pytest.raises(StoreUnusable, match="full"):
        await rotate(source, new_key=new_key, reseal=reseal)
    assert ids_of(source) == (asked[0], old)
    await rotate(source, new_key=new_key, reseal=reseal)
    assert (asked[0], ids_of(source)) == (asked[1], (asked[1],))


async def test_one_rotation_at_a_time(tmp_path: Path) -> None:
    source = KeyFile(tmp_path)
    before = source.read()
    with FileLock(source.lock_path).held(), pytest.raises(KeysUnusable, match="under way"):
        await rotate(source, new_key=new_key, reseal=_nothing)
    assert source.read() == before


async def test_a_lock_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    (tmp_path / ".locks").write_text("")
    with pytest.raises(KeysUnusable, match=r"\.locks"):
        await rotate(KeyFile(tmp_path), new_key=new_key, reseal=_nothing)


async def test_keys_of_the_owner_are_used_and_left(tmp_path: Path) -> None:
    new, old = new_key(), new_key()
    asked: list[str] = []

    async def reseal(key_id: str) -> None:
        asked.append(key_id)

    lock_path = tmp_path / "keys.lock"
    await rotate(GivenKeys(told(new, old), where="V", lock_path=lock_path), new_key=new_key, reseal=reseal)
    assert asked == [KeyRing([new]).key_ids[0]]
    with pytest.raises(KeysUnusable, match="V is set from outside"):
        await rotate(GivenKeys(told(old), where="V", lock_path=lock_path), new_key=new_key, reseal=reseal)


async def test_client_keys_open_before_during_and_after(tmp_path: Path) -> None:
    source, access = KeyFile(tmp_path), AccessFile(tmp_path)
    key = KeptKey(key=make_key("inference", "cp-secret", frozenset({INFERENCE}), b"pepper"), secret="cp-secret")
    kept = KeptKeys(pepper=b"pepper", keys=(key,))
    assert access.create(kept)

    async def reseal(key_id: str) -> None:
        assert access.load() == kept
        access.reseal()

    sealed = access.path.read_bytes()
    await rotate(source, new_key=new_key, reseal=reseal)
    assert AccessFile(tmp_path).load() == kept
    assert access.path.read_bytes() != sealed


async def _nothing(key_id: str) -> None:
    """Nothing is sealed here."""
