"""What the issuer says when it gives no tokens."""

import json

import pytest

from codex_proxy.simulator.issuer.replies import DEACTIVATED, EXPIRED, INVALIDATED, REUSED, TOKEN_REPLIES, refuse
from codex_proxy.simulator.sections.issuer import TokenAnswer


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (REUSED, "refresh_token_reused"),
        (EXPIRED, "refresh_token_expired"),
        (INVALIDATED, "refresh_token_invalidated"),
        (DEACTIVATED, "account_deactivated"),
    ],
)
def test_ends_of_a_token_are_a_401_with_the_code_nested(reply: object, code: str) -> None:
    told = json.loads(reply.body)["error"]  # type: ignore[attr-defined]
    assert (reply.status, told["code"], told["type"]) == (401, code, "invalid_request_error")  # type: ignore[attr-defined]


def test_every_fault_that_gives_no_tokens_has_a_reply_and_only_those() -> None:
    with_tokens = {TokenAnswer.NO_ACCESS_TOKEN, TokenAnswer.NO_REFRESH_TOKEN, TokenAnswer.OTHER_IDENTITY}
    silent = {TokenAnswer.CUT, TokenAnswer.STALL}
    assert set(TOKEN_REPLIES) == set(TokenAnswer) - with_tokens - silent - {TokenAnswer.USUAL}


def test_a_refusal_carries_its_reply() -> None:
    refusal = refuse("invalid_request", "state: missing", status=418)
    assert (refusal.reply.status, "state: missing" in str(refusal)) == (418, True)
