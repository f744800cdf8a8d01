"""What the issuer answers to a device."""

from typing import Any

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.login.device import parse_device_answer, parse_device_code
from codex_proxy.login.places import places_of
from codex_proxy.operations.login.ports import AuthorizationCode, DeviceCode, StillWaiting
from tests.login.test_answers import CHALLENGE_PAGE, REGION, answer, error

PLACES = places_of(authorize_url="https://auth.example/authorize", token_url="https://auth.example/oauth/token")
DEVICE = DeviceCode(device_auth_id="deviceauth_1", user_code="ABCD-12345", page_url="", interval_seconds=5.0)
BEGUN = {"device_auth_id": "deviceauth_1", "user_code": "ABCD-12345", "interval": "5", "expires_at": "2026-11-26"}


def begun(body: Any, status: int = 200) -> DeviceCode:
    return parse_device_code(answer(status, body), PLACES)


def told(status: int, body: Any = b"", **headers: str) -> AuthorizationCode | StillWaiting:
    return parse_device_answer(answer(status, body, **headers), DEVICE, PLACES)


def test_b_16_the_interval_is_a_text() -> None:
    assert begun(BEGUN) == DeviceCode(
        device_auth_id="deviceauth_1",
        user_code="ABCD-12345",
        page_url="https://auth.example/codex/device",
        interval_seconds=5.0,
    )


def test_the_code_has_two_spellings() -> None:
    assert begun({"device_auth_id": "d", "usercode": "WXYZ-1"}).user_code == "WXYZ-1"


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("7", 7.0), (3, 3.0), (" 4 ", 4.0), (None, 5.0), ("soon", 5.0), ("0", 5.0), (-1, 5.0), ("9999", 60.0), ([], 5.0)],
)
def test_intervals_that_make_no_sense_are_five_seconds(interval: Any, seconds: float) -> None:
    assert begun(BEGUN | {"interval": interval}).interval_seconds == seconds


@pytest.mark.parametrize("body", [{}, [], b"<html>", {"device_auth_id": "d"}, {"user_code": "c"}, {"user_code": 7}])
def test_an_answer_without_a_code_is_refused(body: Any) -> None:
    with pytest.raises(IssuerError) as caught:
        begun(body)
    assert caught.value.refusal is Refusal.PROTOCOL


def test_an_issuer_that_begins_no_device_logins_is_told() -> None:
    with pytest.raises(IssuerError) as caught:
        begun(b"", status=404)
    assert (caught.value.refusal, caught.value.status) == (Refusal.PROTOCOL, 404)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, error("deviceauth_authorization_unknown")),
        (404, error("deviceauth_authorization_unknown")),
        (403, b""),
        (404, b""),
        (400, error("authorization_pending")),
    ],
)
def test_b_16_a_code_that_nobody_entered_is_waited_for(status: int, body: Any) -> None:
    assert told(status, body) == StillWaiting()


def test_b_16_a_hurry_is_slowed_down() -> None:
    assert told(400, error("slow_down")) == StillWaiting(slow_down=True)
    assert told(429, b"", retry_after="30") == StillWaiting(slow_down=True, wait_seconds=30.0)


def test_an_entered_code_brings_an_authorization_with_its_verifier() -> None:
    body = {"authorization_code": "ac_1", "code_challenge": "c", "code_verifier": "v"}
    assert told(200, body) == AuthorizationCode(
        code="ac_1", verifier="v", redirect_uri="https://auth.example/deviceauth/callback"
    )


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (400, error("access_denied"), Refusal.BAD_CODE),
        (403, error("expired_token"), Refusal.BAD_CODE),
        (403, REGION, Refusal.REGION),
        (403, CHALLENGE_PAGE, Refusal.CHALLENGE),
        (403, error("account_deactivated"), Refusal.DEACTIVATED),
        (500, b"", Refusal.UNAVAILABLE),
        (400, error("something_new"), Refusal.PROTOCOL),
        (200, {"authorization_code": "ac_1"}, Refusal.PROTOCOL),
        (200, b"", Refusal.PROTOCOL),
    ],
)
def test_what_is_no_waiting_is_told(status: int, body: Any, refusal: Refusal) -> None:
    with pytest.raises(IssuerError) as caught:
        told(status, body)
    assert caught.value.refusal is refusal
