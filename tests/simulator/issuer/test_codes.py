"""Authorization codes."""

from typing import Any

import msgspec
import pytest

from codex_proxy.simulator.issuer.codes import Code, Codes, Shown, challenge_of
from codex_proxy.simulator.issuer.ledger import Grant
from codex_proxy.simulator.issuer.replies import IssuerRefusal
from codex_proxy.simulator.tokens import SCOPE, person_of
from tests.simulator.issuer.logging_in import CALLBACK, VERIFIER

GRANT = Grant(person=person_of("acc"), client_id="app", scope=SCOPE)
CODE = Code(grant=GRANT, redirect_uris=frozenset({CALLBACK}), challenge=challenge_of(VERIFIER), expires_at=100.0)


def shown(code: str, **changes: Any) -> Shown:
    usual = Shown(code=code, client_id="app", redirect_uri=CALLBACK, verifier=VERIFIER)
    return msgspec.structs.replace(usual, **changes)


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_is_good_once() -> None:
    codes = Codes(0)
    code = codes.open(CODE)
    assert codes.take(shown(code), now=99) == GRANT
    with pytest.raises(IssuerRefusal, match="used before"):
        codes.take(shown(code), now=99)
    assert codes.find(code) == CODE


@pytest.mark.parametrize(
    ("changes", "now", "words"),
    [
        ({}, 100, "expired"),
        ({"client_id": "other"}, 1, "client_id"),
        ({"redirect_uri": "http://localhost:1455/auth/callback"}, 1, "redirect_uri"),
        ({"verifier": VERIFIER[:-1]}, 1, "code_verifier"),
        ({"verifier": "short"}, 1, "code_verifier"),
    ],
)
def test_shown_badly_it_is_refused_and_used_up(changes: dict[str, Any], now: float, words: str) -> None:
    codes = Codes(0)
    code = codes.open(CODE)
    with pytest.raises(IssuerRefusal, match=words) as refused:
        codes.take(shown(code, **changes), now=now)
    assert b"invalid_grant" in refused.value.reply.body
    with pytest.raises(IssuerRefusal, match="used before"):
        codes.take(shown(code), now=1)


def test_one_that_was_never_given_out_is_unknown() -> None:
    with pytest.raises(IssuerRefusal, match="unknown"):
        Codes(0).take(shown("ac_x"), now=1)
