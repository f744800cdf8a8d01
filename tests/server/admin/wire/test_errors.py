"""What operations raise, as answers."""

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.credits import NothingRedeemed, RedeemedJustNow
from codex_proxy.operations.accounts.parts import UnknownAccount, UpstreamRefused
from codex_proxy.operations.login.outcomes import UnknownLogin
from codex_proxy.operations.login.tokens import ExchangeRefused, WrongIdentity
from codex_proxy.operations.vendor_keys.parts import UnknownKey, VendorRefused
from codex_proxy.protocols.codex.reset_credits import Redeemed
from codex_proxy.server.admin.wire.errors import MEANINGS, control_error
from codex_proxy.vendors.telling import InvalidKey
from tests.operations.accounts.household import A
from tests.server.admin.accounts.plane import Plane, outcome

FAILURE = Failure(kind=FailureKind.CHALLENGE, message="a page came")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreUnusable("the disk is full"), 503, "store_unusable"),
        (UnknownAccount("a"), 404, "unknown_account"),
        (WrongIdentity("another one's"), 400, "wrong_identity"),
        (UpstreamRefused(FAILURE), 502, "challenge"),
        (ExchangeRefused("no", refusal=Refusal.REGION, kept=True), 502, "refresh_failed"),
        (IssuerError(Refusal.UNREACHABLE, "no way"), 502, "issuer_unreachable"),
        (RedeemedJustNow(0.2), 429, "cooldown"),
        (NothingRedeemed(Redeemed.NO_CREDIT), 409, "no_credit"),
        (UnknownLogin(), 400, "unknown_login"),
        (UnknownKey("a"), 404, "unknown_key"),
        (InvalidKey("wire", "no"), 400, "invalid_key"),
        (VendorRefused("groq", FAILURE), 502, "vendor_challenge"),
        (VendorRefused("groq", Failure(kind=FailureKind.UNAUTHORIZED, message="no")), 401, "vendor_unauthorized"),
    ],
)
def test_what_an_operation_raises_has_a_status_and_a_code(error: Exception, status: int, code: str) -> None:
    told = control_error(error)
    assert (told.status_code, told.code) == (status, code)
    assert told.detail


def test_details_are_for_programs() -> None:
    refused = control_error(ExchangeRefused("no", refusal=None, kept=False))
    assert refused.details == {"refusal": None, "kept": False}
    assert control_error(RedeemedJustNow(0.2)).headers == {"retry-after": "1"}
    upstream = control_error(UpstreamRefused(FAILURE))
    assert upstream.beside["detail"] == "a page came"
    assert "egress" in upstream.beside["hint"]


def test_what_no_operation_raises_is_a_defect() -> None:
    with pytest.raises(TypeError, match="KeyError"):
        control_error(KeyError("a"))


@pytest.mark.parametrize("kind", MEANINGS)
def test_every_meaning_has_words_or_leaves_them_to_the_exception(kind: type[Exception]) -> None:
    meaning = MEANINGS[kind]
    assert 400 <= meaning.status < 600
    assert meaning.code.replace("_", "").isalpha()


async def test_a_defect_says_nothing_but_that_the_log_has_it() -> None:
    def nobody_thought_of_it() -> str:
        raise LookupError("a secret")

    plane = Plane(inference_key=nobody_thought_of_it)
    await plane.house.add(A)
    async with plane.serving() as http:
        reply = await http.get("/auth/status")
    assert (outcome(reply), reply.json()["error"]) == ((500, "internal"), "internal error; the log says more")
    (defect,) = plane.defects
    assert defect == "control plane, GET /auth/status: LookupError('a secret')"


async def test_unknown_addresses_and_methods_are_json_too() -> None:
    async with Plane().serving() as http:
        assert outcome(await http.get("/auth/nothing")) == (404, "not_found")
        assert outcome(await http.put("/auth/accounts", json={})) == (405, "method_not_allowed")
