"""The client keys on disk."""

import itertools
import json
from pathlib import Path

import pytest

from codex_proxy.operations.client_keys import KeysUnreadable, ensure_keys
from codex_proxy.storage.access_file import ACCESS_FILE, AccessFile
from codex_proxy.storage.sealing.sources import SECRET_FILE


def secrets() -> "itertools.count[int]":
    return itertools.count(10**30)


def test_keys_come_back_and_their_secrets_do_not_lie_open(tmp_path: Path) -> None:
    numbers = secrets()
    store = AccessFile(tmp_path)
    assert store.load() is None
    made = ensure_keys(store, lambda: str(next(numbers)))
    assert made.made_now
    again = ensure_keys(AccessFile(tmp_path), lambda: str(next(numbers)))
    assert (again.made_now, again.kept) == (False, made.kept)
    text = (tmp_path / ACCESS_FILE).read_text()
    assert all(kept.secret not in text for kept in made.kept.keys)
    assert [row["scopes"] for row in json.loads(text)["keys"]] == [["admin", "inference"], ["inference"]]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version":1,"pepper":"zz","keys":[]}', b"\xff"])
def test_a_damaged_file_is_reported_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ACCESS_FILE).write_bytes(content)
    with pytest.raises(KeysUnreadable, match=r"access\.json"):
        ensure_keys(AccessFile(tmp_path), lambda: "x")
    assert (tmp_path / ACCESS_FILE).read_bytes() == content


def test_a_file_of_another_secret_is_reported(tmp_path: Path) -> None:
    numbers = secrets()
    ensure_keys(AccessFile(tmp_path), lambda: str(next(numbers)))
    (tmp_path / SECRET_FILE).unlink()
    with pytest.raises(KeysUnreadable, match=r"secret\.key"):
        AccessFile(tmp_path).load()


def test_keys_that_cannot_be_had_are_reported(tmp_path: Path) -> None:
    numbers = secrets()
    ensure_keys(AccessFile(tmp_path), lambda: str(next(numbers)))
    (tmp_path / SECRET_FILE).write_text("no key")
    for attempt in (AccessFile(tmp_path).load, AccessFile(tmp_path).reseal):
        with pytest.raises(KeysUnreadable, match=r"secret\.key"):
            attempt()


def test_there_may_be_nothing_to_seal_anew(tmp_path: Path) -> None:
    AccessFile(tmp_path).reseal()
    assert not (tmp_path / ACCESS_FILE).exists()
