"""Sealing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.storage.sealing.ring import KeyRing, Unsealable, key_id_of

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PLACE = ("accounts", "a", "access_token")


def test_what_was_sealed_opens_at_its_place_only() -> None:
    ring = KeyRing([OLD])
    sealed = ring.seal("secret", PLACE, key_id=ring.key_ids[0])
    assert ring.open(sealed, PLACE) == "secret"
    for elsewhere in (
        ("accounts", "b", "access_token"),
        ("accounts", "a", "refresh_token"),
        ("cookies", "a", "access_token"),
        ("accounts", "a,access_token"),
    ):
        with pytest.raises(Unsealable, match=elsewhere[0]):
            ring.open(sealed, elsewhere)


def test_no_two_values_are_sealed_alike() -> None:
    ring = KeyRing([OLD])
    sealed = {ring.seal("secret", PLACE, key_id=ring.key_ids[0]) for _ in range(100)}
    assert len(sealed) == 100


def test_an_old_key_opens_and_a_new_one_seals() -> None:
    old = KeyRing([OLD])
    sealed = old.seal("secret", PLACE, key_id=old.key_ids[0])
    both = KeyRing([NEW, OLD])
    assert both.open(sealed, PLACE) == "secret"
    assert key_id_of(both.seal("secret", PLACE, key_id=both.key_ids[0])) == KeyRing([NEW]).key_ids[0]
    with pytest.raises(Unsealable, match=old.key_ids[0]):
        KeyRing([NEW]).open(sealed, PLACE)
    with pytest.raises(Unsealable):
        KeyRing([NEW]).seal("secret", PLACE, key_id=old.key_ids[0])


@given(st.binary(max_size=80), st.integers(min_value=0))
def test_damaged_values_do_not_open(noise: bytes, at: int) -> None:
    ring = KeyRing([OLD])
    sealed = bytearray(ring.seal("secret", PLACE, key_id=ring.key_ids[0]))
    sealed[at % len(sealed)] ^= 0x10
    for damaged in (bytes(sealed), noise, bytes(sealed[: at % len(sealed)])):
        with pytest.raises(Unsealable):
            ring.open(damaged, PLACE)


def test_neither_keys_nor_secrets_show() -> None:
    ring = KeyRing([OLD])
    sealed = ring.seal("secret", PLACE, key_id=ring.key_ids[0])
    with pytest.raises(Unsealable) as raised:
        ring.open(sealed + b"x", PLACE)
    assert "secret" not in f"{raised.value} {ring!r}"
    assert OLD.hex() not in repr(ring)
