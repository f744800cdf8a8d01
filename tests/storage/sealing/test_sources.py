"""Where keys are kept."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codex_proxy.storage.sealing.ring import KEY_BYTES, Unsealable
from codex_proxy.storage.sealing.sources import (
    GivenKeys,
    KeyFile,
    KeySource,
    KeysUnusable,
    Seals,
    SystemKeyring,
    new_key,
    parse_keys,
)

PLACE = ("accounts", "a", "access_token")


class KeyringRefuses(Exception):
    """The system's keyring does not answer."""


class FakeKeyring:
    """A system keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.refuses = False

    def get_password(self, service_name: str, username: str) -> str | None:
        if self.refuses:
            raise KeyringRefuses
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        if self.refuses:
            raise KeyringRefuses
        self.kept[service_name, username] = password


def system_keyring(backend: FakeKeyring, folder: Path) -> SystemKeyring:
    return SystemKeyring(backend, name="here", lock_path=folder / "keys.lock", failures=(KeyringRefuses,))


def told(*keys: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda _: KeyFile(tmp_path).read(), range(8)))
    assert len(set(read)) == 1
    assert [len(key) for key in read[0]] == [KEY_BYTES]
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_keys_come_back_in_their_order(tmp_path: Path) -> None:
    one, two = new_key(), new_key()
    keyring = system_keyring(FakeKeyring(), tmp_path)
    for source in (KeyFile(tmp_path), keyring):
        first = source.read()
        source.replace([one, *first])
        assert source.read() == (one, *first)
        source.replace([two])
        assert source.read() == (two,)


def test_given_keys_are_the_owners_to_change(tmp_path: Path) -> None:
    key = new_key()
    given = GivenKeys(told(key), where="CODEX_PROXY_SEAL", lock_path=tmp_path / "keys.lock")
    assert given.read() == (key,)
    with pytest.raises(KeysUnusable, match="CODEX_PROXY_SEAL"):
        given.replace([new_key()])


@pytest.mark.parametrize("text", ["", " ", "short", told(b"x" * 31), told(b"x" * 32) + ",!", "é"])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(KeysUnusable, match="the place") as raised:
        parse_keys(text, where="the place")
    assert not text.strip() or text not in str(raised.value)


def test_places_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    backend = FakeKeyring()
    backend.refuses = True
    sources: list[KeySource] = [KeyFile(tmp_path), system_keyring(backend, tmp_path)]
    for source in sources:
        with pytest.raises(KeysUnusable, match=r"secret\.key|keyring"):
            source.read()
        with pytest.raises(KeysUnusable, match=r"secret\.key|keyring"):
            source.replace([new_key()])


def test_a_first_key_that_cannot_be_locked_for_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysUnusable, match=r"first-key\.lock"):
        system_keyring(FakeKeyring(), tmp_path / "file").read()


def test_a_key_that_another_process_made_is_fetched(tmp_path: Path) -> None:
    source = KeyFile(tmp_path)
    here, there = Seals(source), Seals(source)
    source.replace([new_key(), *source.read()])
    there.reload()
    sealed = there.seal("secret", PLACE, key_id=there.key_ids[0])
    assert here.open(sealed, PLACE) == "secret"
    assert here.key_ids == there.key_ids


def test_a_key_that_nobody_has_is_told(tmp_path: Path) -> None:
    seals = Seals(KeyFile(tmp_path))
    with pytest.raises(Unsealable, match="0011223344556677"):
        seals.require("0011223344556677")
    with pytest.raises(Unsealable):
        seals.open(b"\x00" * 40, PLACE)
