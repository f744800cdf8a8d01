"""Thought signatures on the wire."""

import base64

import pytest

from codex_proxy.protocols.gemini.signing import read_signature, standard_alphabet, write_signature
from codex_proxy.protocols.parts.signatures import Sealed

BARE = base64.urlsafe_b64encode(b"\x80" + bytes(8) + bytes(16) + bytes(32) + bytes(32)).decode()


@pytest.mark.parametrize("origin", [None, "anthropic"])
def test_anothers_token_travels_sealed_as_base64(origin: str | None) -> None:
    wire = write_signature("token", origin=origin, item_id="rs_1")
    assert base64.b64decode(wire, validate=True).startswith(b"cpx1.")
    assert read_signature(wire) == Sealed(origin=origin or "responses", item_id="rs_1", encrypted="token")


def test_geminis_own_travels_verbatim() -> None:
    assert write_signature("CikB/+8=", origin="gemini", item_id=None) == "CikB/+8="
    assert read_signature("CikB/+8=") == Sealed(origin="gemini", item_id=None, encrypted="CikB/+8=")
    assert read_signature("CikB_-8") == Sealed(origin="gemini", item_id=None, encrypted="CikB/+8=")


def test_a_bare_token_of_the_codex_backend_is_known() -> None:
    assert read_signature(BARE) == Sealed(origin="responses", item_id=None, encrypted=BARE)
    wrapped = base64.b64encode(BARE.encode()).decode()
    assert read_signature(wrapped) == Sealed(origin="responses", item_id=None, encrypted=BARE)


@pytest.mark.parametrize("told", ["", "skip_thought_signature_validator", "context_engineering_is_the_way_to_go"])
def test_stand_ins_mean_nothing(told: str) -> None:
    assert read_signature(told) is None
    assert read_signature(base64.urlsafe_b64encode(told.encode()).decode()) is None


def test_any_text_is_read() -> None:
    assert read_signature("é!") == Sealed(origin="gemini", item_id=None, encrypted=standard_alphabet("é!"))


@pytest.mark.parametrize(("told", "standard"), [("-_8", "+/8="), ("+/8=", "+/8="), ("aGk", "aGk="), ("", "")])
def test_the_standard_alphabet(told: str, standard: str) -> None:
    assert standard_alphabet(told) == standard
