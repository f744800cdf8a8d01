import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.signatures import (
    RESPONSES,
    Sealed,
    is_bare_token,
    open_seal,
    read_signature,
    seal,
    write_signature,
)

BARE = base64.urlsafe_b64encode(b"\x80\0\0\0\0" + bytes(68)).decode()


@given(origin=st.text(), item_id=st.none() | st.text(), token=st.text(), redacted=st.booleans())
def test_what_was_sealed_is_opened(origin: str, item_id: str | None, token: str, redacted: bool) -> None:
    told = Sealed(origin=origin, item_id=item_id, encrypted=token, redacted=redacted)
    assert open_seal(seal(origin, item_id, token, redacted=redacted)) == told


def test_a_seal_is_one_opaque_word() -> None:
    assert seal(RESPONSES, "rs_1", "gAAAA") == "cpx1.eyJvIjoicmVzcG9uc2VzIiwiaSI6InJzXzEifQ.gAAAA"
    assert seal("x", None, "t", redacted=True) == "cpx1.eyJvIjoieCIsImkiOm51bGwsInIiOnRydWV9.t"


@pytest.mark.parametrize(
    "text", ["", "Eqkx==", "cpx1.", "cpx1.e30.x", "cpx1.!.x", "cpx1.eyJvIjoxfQ.x", "cpx1.eyJvIjoicmVz"]
)
def test_what_is_no_seal(text: str) -> None:
    assert open_seal(text) is None
    assert read_signature(text, "anthropic") == Sealed(origin="anthropic", item_id=None, encrypted=text)


@given(st.text())
def test_reading_is_total(text: str) -> None:
    assert read_signature("cpx1." + text, "gemini").origin
    assert is_bare_token("gAAAA" + text) in {True, False}


def test_a_bare_token_is_the_codex_backends() -> None:
    assert is_bare_token(BARE)
    assert read_signature(BARE, "anthropic") == Sealed(origin=RESPONSES, item_id=None, encrypted=BARE)
    assert not is_bare_token(BARE[:-4])
    assert not is_bare_token("x" + BARE)
    assert not is_bare_token("gAAAA")


def test_the_familys_own_tokens_are_not_sealed() -> None:
    assert write_signature("Eqkx", origin="anthropic", item_id=None, own="anthropic") == "Eqkx"
    sealed = write_signature("Eqkx", origin="anthropic", item_id=None, own="gemini")
    assert open_seal(sealed) == Sealed(origin="anthropic", item_id=None, encrypted="Eqkx")
    assert write_signature("gAAAA", origin=None, item_id="rs_1", own="gemini") == seal(RESPONSES, "rs_1", "gAAAA")
