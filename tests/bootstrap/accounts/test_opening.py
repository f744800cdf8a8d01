"""Opening what keeps accounts, as the settings say."""

import base64
import os
import sys
from pathlib import Path

import keyring
import pytest

from codex_proxy.bootstrap.accounts.opening import SECRET_KEY_VARIABLE, key_source, open_account_stores
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.settings.schema import StorageSection
from codex_proxy.storage.sealing.sources import GivenKeys, KeyFile, new_key


async def test_accounts_are_kept_in_the_data_directory_unless_a_database_is_named(tmp_path: Path) -> None:
    stores = await open_account_stores(StorageSection(), data_dir=tmp_path, keys=KeyFile(tmp_path), now=0.0)
    await stores.close()
    assert stores.health.ok
    assert set(os.listdir(tmp_path)) >= {"codex-proxy.sqlite", "secret.key"}  # noqa: PTH208 - no loop runs here


async def test_a_database_that_cannot_be_reached_is_no_reason_not_to_start(tmp_path: Path) -> None:
    nowhere = StorageSection(database_url="postgresql://u:secret@127.0.0.1:9/accounts")
    stores = await open_account_stores(nowhere, data_dir=tmp_path, keys=KeyFile(tmp_path), now=0.0)
    await stores.close()
    assert not stores.health.ok
    assert "secret" not in (stores.health.message or "")


def test_the_key_is_in_a_file_of_the_data_directory_unless_told_otherwise(tmp_path: Path) -> None:
    assert isinstance(key_source(StorageSection(), data_dir=tmp_path, environ={}), KeyFile)


def test_a_key_may_come_from_the_environment(tmp_path: Path) -> None:
    settings = StorageSection(key_source="environment")
    environ = {SECRET_KEY_VARIABLE: base64.urlsafe_b64encode(new_key()).decode()}
    source = key_source(settings, data_dir=tmp_path, environ=environ)
    assert isinstance(source, GivenKeys)
    assert len(source.read()) == 1


@pytest.mark.parametrize("text", [None, "", "too short"])
def test_a_key_that_was_to_come_from_the_environment_and_does_not_refuses_the_start(
    tmp_path: Path, text: str | None
) -> None:
    environ = {} if text is None else {SECRET_KEY_VARIABLE: text}
    with pytest.raises(StartRefused, match=SECRET_KEY_VARIABLE):
        key_source(StorageSection(key_source="environment"), data_dir=tmp_path, environ=environ)


def test_the_systems_keyring_holds_a_key_of_this_data_directory(tmp_path: Path) -> None:
    kept: dict[tuple[str, str], str] = {}

    class Backend(keyring.backend.KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Backend())  # type: ignore[no-untyped-call]
    try:
        source = key_source(StorageSection(key_source="keyring"), data_dir=tmp_path, environ={})
        assert source.read() == source.read()
    finally:
        keyring.set_keyring(before)
    assert list(kept) == [("codex-proxy", str(tmp_path.resolve()))]


def test_a_missing_keyring_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StartRefused, match="codex-proxy\\[keyring\\]"):
        key_source(StorageSection(key_source="keyring"), data_dir=tmp_path, environ={})
