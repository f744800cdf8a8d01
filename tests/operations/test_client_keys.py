"""The first pair of keys."""

import itertools

import pytest

from codex_proxy.access.keys import find_key
from codex_proxy.operations.client_keys import (
    ADMIN_KEY_ID,
    INFERENCE_KEY_ID,
    KeptKeys,
    KeysUnreadable,
    ensure_keys,
)


class Shelf:
    """A store in memory; ``rival`` takes the place just before a create."""

    def __init__(self, kept: KeptKeys | None = None, rival: KeptKeys | None = None) -> None:
        self.kept = kept
        self.rival = rival

    def load(self) -> KeptKeys | None:
        return self.kept

    def create(self, keys: KeptKeys) -> bool:
        if self.rival is not None:
            self.kept = self.rival
            return False
        self.kept = keys
        return True


def made(start: int = 0) -> KeptKeys:
    numbers = itertools.count(start)
    return ensure_keys(Shelf(), lambda: f"secret{next(numbers)}").kept


def test_the_first_start_makes_an_admin_and_an_inference_key() -> None:
    keys = made()
    admin, inference = keys.secret_of(ADMIN_KEY_ID), keys.secret_of(INFERENCE_KEY_ID)
    assert admin is not None
    assert inference is not None
    assert (admin[:4], inference[:3]) == ("cpa-", "cp-")
    found = find_key(inference, [kept.key for kept in keys.keys], keys.pepper)
    assert found is not None
    assert found.scopes == {"inference"}
    assert keys.secret_of("other") is None


def test_later_starts_keep_them() -> None:
    keys = made()
    ensured = ensure_keys(Shelf(keys), lambda: "new")
    assert (ensured.kept, ensured.made_now) == (keys, False)


def test_of_two_first_starts_at_once_both_use_one_pair() -> None:
    theirs = made(100)
    ensured = ensure_keys(Shelf(rival=theirs), lambda: "mine")
    assert (ensured.kept, ensured.made_now) == (theirs, False)


def test_secrets_do_not_show() -> None:
    keys = made()
    assert "secret" not in repr(keys)
    assert all(kept.secret not in repr(kept) for kept in keys.keys)


def test_a_store_that_loses_them_is_reported() -> None:
    class Leaky(Shelf):
        def create(self, keys: KeptKeys) -> bool:
            return False

    with pytest.raises(KeysUnreadable):
        ensure_keys(Leaky(), lambda: "x")
