"""What we ask the issuer, compared with what the real client was seen to ask."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

from codex_proxy.accounts.issuer import RefreshReason
from codex_proxy.login import requests
from codex_proxy.login.places import places_of
from codex_proxy.operations.login.ports import Authorization, AuthorizationCode, DeviceCode
from tests.protocols.codex.parts import CLIENT

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
PLACES = places_of(
    authorize_url="https://auth.openai.com/oauth/authorize", token_url="https://auth.openai.com/oauth/token"
)
REDIRECT = "http://127.0.0.1:1455/auth/callback"
VERIFIER = "lahZD1c5Douwnv46Ack9px-Qph1hlf2CQFus5hZ7ftupz-Ky9f1xNo-CbcR2XfMibecjtj2XY2GcTouJr8J7Cw"


def test_the_address_that_a_browser_opens_is_the_real_clients() -> None:
    authorization = Authorization(state="the-state", verifier=VERIFIER, redirect_uri=REDIRECT)
    url = requests.authorization_url(PLACES, CLIENT_ID, authorization)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    assert url == (
        "https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback"
        f"&code_challenge={challenge}&code_challenge_method=S256&state=the-state"
        "&scope=openid+profile+email+offline_access+api.connectors.read+api.connectors.invoke"
        "&id_token_add_organizations=true&codex_cli_simplified_flow=true&originator=codex_cli_rs"
    )
    assert len(challenge) == 43


def test_an_authorization_endpoint_on_loopback_is_no_less_good() -> None:
    places = places_of(authorize_url="http://127.0.0.1:8/oauth/authorize", token_url="http://127.0.0.1:8/oauth/token")
    url = requests.authorization_url(
        places, CLIENT_ID, Authorization(state="s", verifier=VERIFIER, redirect_uri=REDIRECT)
    )
    assert url.startswith("http://127.0.0.1:8/oauth/authorize?response_type=code&")


def test_a_refresh_is_json_with_its_reason_and_says_who_asks() -> None:
    call = requests.build_refresh(PLACES, CLIENT_ID, "rt_OLD", RefreshReason.UNAUTHORIZED, client=CLIENT)
    assert (call.method, call.path) == ("POST", "/oauth/token")
    assert call.body == (
        b'{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token",'
        b'"refresh_reason":"unauthorized_recovery","refresh_token":"rt_OLD"}'
    )
    assert [name for name, _ in call.headers] == ["content-type", "originator", "user-agent", "accept"]
    headers = dict(call.headers)
    assert (headers["content-type"], headers["accept"]) == ("application/json", "*/*")
    assert headers["originator"] in headers["user-agent"]


def test_a_code_is_exchanged_by_a_form_in_the_order_of_the_real_client() -> None:
    code = AuthorizationCode(code="ac_FABRICATED", verifier=VERIFIER, redirect_uri=REDIRECT)
    call = requests.build_exchange(PLACES, CLIENT_ID, code)
    assert call.path == "/oauth/token"
    assert call.body.decode() == (
        "grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code=ac_FABRICATED"
        f"&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_verifier={VERIFIER}"
    )
    assert call.headers == (("content-type", "application/x-www-form-urlencoded"), ("accept", "*/*"))


def test_a_code_with_odd_characters_arrives_as_it_was() -> None:
    code = AuthorizationCode(code="a+b&c=d é%", verifier="v/+", redirect_uri=REDIRECT)
    body = requests.build_exchange(PLACES, CLIENT_ID, code).body.decode()
    told = dict(parse_qsl(body, strict_parsing=True))
    assert (told["code"], told["code_verifier"]) == ("a+b&c=d é%", "v/+")


def test_a_revocation_looks_like_the_real_clients_logout() -> None:
    call = requests.build_revocation(PLACES, CLIENT_ID, "rt_OLD", client=CLIENT)
    assert call.path == "/oauth/revoke"
    assert call.body == (
        b'{"token":"rt_OLD","token_type_hint":"refresh_token","client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}'
    )
    agent = f"codex_cli_rs/{CLIENT.engine_version} ({CLIENT.platform}; {CLIENT.arch}) {CLIENT.terminal}"
    assert call.headers == (
        ("content-type", "application/json"),
        ("originator", "codex_cli_rs"),
        ("user-agent", agent),
        ("accept", "*/*"),
    )


def test_b_16_a_device_asks_at_the_official_paths_in_json() -> None:
    begin = requests.build_device_code(PLACES, CLIENT_ID)
    device = DeviceCode(device_auth_id="deviceauth_FAB", user_code="ABCD-12345", page_url="", interval_seconds=5.0)
    ask = requests.build_device_question(PLACES, device)
    assert (begin.path, begin.body) == (
        "/api/accounts/deviceauth/usercode",
        b'{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}',
    )
    assert (ask.path, ask.body) == (
        "/api/accounts/deviceauth/token",
        b'{"device_auth_id":"deviceauth_FAB","user_code":"ABCD-12345"}',
    )
    assert begin.headers == ask.headers == (("content-type", "application/json"), ("accept", "*/*"))


def test_what_is_asked_follows_the_settings_and_nothing_else() -> None:
    url = requests.authorization_url(
        PLACES, "another-client", Authorization(state="s", verifier=VERIFIER, redirect_uri="http://127.0.0.1:1457/x")
    )
    told = dict(parse_qsl(urlsplit(url).query))
    assert (told["client_id"], told["redirect_uri"]) == ("another-client", "http://127.0.0.1:1457/x")
