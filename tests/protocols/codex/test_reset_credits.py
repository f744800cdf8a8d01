"""Credits that reset limits."""

import json

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import Credential
from codex_proxy.protocols.codex.reset_credits import (
    Redeemed,
    ResetCredits,
    build_credits_call,
    build_redeem_call,
    parse_credits,
    parse_redeemed,
)
from tests.protocols.codex.parts import CLIENT

CREDENTIAL = Credential(token="t", account_id="acc")


def test_both_calls_are_the_real_clients() -> None:
    listing = build_credits_call(CLIENT, CREDENTIAL)
    assert (listing.method, listing.path) == ("GET", "/wham/rate-limit-reset-credits")
    assert [name for name, _ in listing.headers] == ["user-agent", "authorization", "chatgpt-account-id", "accept"]
    redeeming = build_redeem_call(CLIENT, CREDENTIAL, request_id="3b241101-e2bb-4255-8caf-4136c566a962")
    assert (redeeming.method, redeeming.path) == ("POST", "/wham/rate-limit-reset-credits/consume")
    assert json.loads(redeeming.body) == {"redeem_request_id": "3b241101-e2bb-4255-8caf-4136c566a962"}


def test_the_list_says_when_the_next_one_is_lost() -> None:
    def credit(name: str, status: str, expires_at: str | None) -> dict[str, str | None]:
        return {"id": name, "status": status, "expires_at": expires_at, "granted_at": "2026-11-01T00:00:00Z"}

    listed = [
        credit("a", "available", "2026-12-05T00:00:00Z"),
        credit("b", "redeemed", "2026-11-28T00:00:00Z"),
        credit("c", "available", "2026-12-01T00:00:00Z"),
        credit("d", "available", None),
        {"status": "available"},
        7,
    ]
    told = parse_credits(200, {}, json.dumps({"available_count": 3, "credits": listed}).encode())
    assert isinstance(told, ResetCredits)
    assert (told.available_count, told.next_expires_at) == (3, "2026-12-01T00:00:00Z")
    assert [credit.id for credit in told.credits] == ["a", "b", "c", "d"]


def test_without_a_count_the_available_ones_are_counted() -> None:
    told = parse_credits(200, {}, b'{"credits":[{"id":"a","status":"available"},{"id":"b","status":"expired"}]}')
    assert isinstance(told, ResetCredits)
    assert told.available_count == 1


def test_an_upstream_that_knows_no_credits_has_none() -> None:
    assert parse_credits(404, {}, b"") == ResetCredits(available_count=0)


@pytest.mark.parametrize("outcome", list(Redeemed))
def test_an_outcome_is_read(outcome: Redeemed) -> None:
    assert parse_redeemed(200, {}, json.dumps({"code": outcome.value}).encode()) is outcome


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"detail":"Unauthorized"}', FailureKind.UNAUTHORIZED),
        (503, b"{}", FailureKind.OVERLOADED),
        (200, b"nonsense", FailureKind.GARBLED),
    ],
)
def test_what_is_no_answer_is_a_failure(status: int, body: bytes, kind: FailureKind) -> None:
    for told in (parse_credits(status, {}, body), parse_redeemed(status, {}, body)):
        assert isinstance(told, Failure)
        assert told.kind is kind


def test_q_04_an_outcome_that_nobody_knows_is_a_failure() -> None:
    told = parse_redeemed(200, {}, b'{"code":"perhaps"}')
    assert isinstance(told, Failure)
    assert told.kind is FailureKind.GARBLED
