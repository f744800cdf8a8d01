"""Sealed content."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.simulator.backend.sealing import Sealer

SEALER = Sealer(0)


@given(st.text(), st.text())
def test_a_token_belongs_to_its_account(content: str, account_id: str) -> None:
    sealed = SEALER.seal(account_id, content)
    assert sealed.startswith("gAAAAA")
    assert sealed == SEALER.seal(account_id, content)
    assert SEALER.is_issued(account_id, sealed)
    assert not SEALER.is_issued(account_id + "x", sealed)
    assert not Sealer(1).is_issued(account_id, sealed)


@given(st.integers(0, 173))
def test_a_changed_token_is_noticed(place: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SEALER.seal("a", "x")))
    raw[place] ^= 1
    changed = base64.urlsafe_b64encode(raw).decode()
    foreign = changed.startswith("gAAAAA") and not raw.startswith(b"\x80\0\0\0\0simulated")
    assert SEALER.is_issued("a", changed) is foreign


def test_a_recorded_token_of_another_maker_passes_and_nonsense_does_not() -> None:
    assert SEALER.is_issued("a", "gAAAAABFABRICATED")
    assert not SEALER.is_issued("a", "hello")
    assert not SEALER.is_issued("a", "")
