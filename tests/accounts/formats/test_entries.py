"""One entry of a file becomes a credential, or says why it is none."""

import base64
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from codex_proxy.accounts.formats.entries import read_entry
from codex_proxy.accounts.formats.rows import InvalidRow, Row, RowState, SkippedRow
from codex_proxy.accounts.quota.counters import Tally, UsageCounters
from codex_proxy.accounts.record import FingerprintMode, Identity, Secrets
from tests.accounts.formats.samples import (
    CLIENT_ID,
    COLLEAGUE,
    DAY,
    ISSUER,
    NOW,
    REFRESH,
    RULES,
    WITH_STATE,
    account,
    auth_json,
    identity_token,
    sub2api,
    token,
    tokens_of,
)

WHO = Identity(issuer=ISSUER, account_id="acc-1", user_id="user-1")
EXPIRED = token(issued_at=NOW - 20 * DAY)


def row(entry: Any, *, state: bool = False) -> Row:
    return read_entry(entry, 1, WITH_STATE if state else RULES)


def reason(entry: Any) -> str:
    told = row(entry)
    assert isinstance(told, InvalidRow), told
    return told.reason


def skipped(entry: Any) -> str:
    told = row(entry)
    assert isinstance(told, SkippedRow), told
    return told.reason


def jwt(**claims: Any) -> str:
    parts = (b'{"alg":"none"}', msgspec.json.encode(claims), b"x")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


# ------------------------------------------------------------------------------------------------- the tokens


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        (token(), (token(), None)),
        (f"Bearer {token()}", (token(), None)),
        (REFRESH, (None, REFRESH)),
        ({"token": token()}, (token(), None)),
        ({"token": REFRESH}, (None, REFRESH)),
        ({"token": token(), "refreshToken": REFRESH}, (token(), REFRESH)),
        ({"token": REFRESH, "access_token": token()}, (token(), REFRESH)),
        ({"access_token": token(), "refresh_token": REFRESH}, (token(), REFRESH)),
        ({"accessToken": token()}, (token(), None)),
        ({"access_token": "", "refresh_token": REFRESH}, (None, REFRESH)),
        ({"credentials": {"access_token": token(), "refresh_token": REFRESH}}, (token(), REFRESH)),
        ({"tokens": {"accessToken": token(), "refreshToken": REFRESH}}, (token(), REFRESH)),
        (auth_json(), (token(), REFRESH)),
    ],
)
def test_b_15_tokens_are_found_under_each_name_and_nested(entry: Any, tokens: tuple[str | None, str | None]) -> None:
    assert tokens_of(row(entry)) == tokens


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "neither an access token nor a refresh token"),
        ({"token": None, "refreshToken": 5}, "neither an access token nor a refresh token"),
        (7, "neither an object nor a token"),
        ([], "neither an object nor a token"),
        ("short", "token: this is no token: tokens have at least 16 characters and no spaces: (5 characters)"),
        ({"access_token": REFRESH}, "access_token: an access token is a JWT: rt_rrr… (43 characters)"),
        ({"refreshToken": token()}, "an access token in the place of a refresh token: eyJhbG… ("),
        ({"refresh_token": "sk-0123456789abcdef"}, "a key of another kind and no token of a ChatGPT account: sk-012…"),
        ("eyJ-no-jwt-at-all", "an access token is a JWT of three parts separated by dots: eyJ-no… (17 characters)"),
        ({"token": EXPIRED}, "has expired, and there is no refresh token"),
        (jwt(exp=NOW + DAY), "names no ChatGPT account"),
    ],
)
def test_what_cannot_be_used_says_why_and_names_tokens_only_by_their_beginning(entry: Any, words: str) -> None:
    assert words in reason(entry)


def test_an_expired_access_token_comes_along_with_its_refresh_token() -> None:
    told = account(row({"token": EXPIRED, "refreshToken": REFRESH}))
    assert (told.grant.identity, told.grant.expires_at, told.is_good(NOW)) == (WHO, NOW - 10 * DAY, False)


def test_an_id_token_is_kept_where_it_may_be_one() -> None:
    assert account(row(auth_json())).grant.secrets.id_token == identity_token()
    assert account(row(auth_json(id_token="no id token"))).grant.secrets.id_token is None


# ----------------------------------------------------------------------------------------------- whose they are


def test_the_claims_say_whose_a_token_is_whatever_the_file_says() -> None:
    told = account(row({"token": token(), "accountId": "acc-9", "userId": "user-9", "email": "x@x.test"}))
    assert (told.grant.identity, told.grant.email, told.grant.plan) == (WHO, "owner@example.invalid", "plus")


def test_the_file_says_what_the_claims_do_not() -> None:
    told = account(row({"token": jwt(exp=NOW + DAY), "account_id": "acc-9", "user_id": "user-9", "plan_type": "team"}))
    assert told.grant.identity == Identity(issuer=ISSUER, account_id="acc-9", user_id="user-9")
    assert told.grant.plan == "team"


def test_a_10_a_user_is_not_taken_from_another_account() -> None:
    claims = {"exp": NOW + DAY, "https://api.openai.com/auth": {"chatgpt_account_id": "acc-1"}}
    mixed = account(row({"token": jwt(**claims), "account_id": "acc-9", "user_id": "user-9"}))
    fitting = account(row({"token": jwt(**claims), "account_id": "acc-1", "user_id": "user-9"}))
    assert (mixed.grant.identity.user_id, fitting.grant.identity.user_id) == (None, "user-9")


def test_whose_a_refresh_token_is_shows_only_when_it_is_exchanged() -> None:
    told = account(row({"refreshToken": REFRESH, "accountId": "acc-1", "userId": "user-1", "email": "a@b.test"}))
    assert told.grant.identity == Identity(issuer=ISSUER)
    assert told.grant.email == "a@b.test"


@pytest.mark.parametrize("account_id", ["with space", "x" * 201, "nul\x00", "ключ"])
def test_ids_that_no_database_should_see_are_refused(account_id: str) -> None:
    claims = {"exp": NOW + DAY, "https://api.openai.com/auth": {"chatgpt_account_id": account_id}}
    assert "no ids" in reason(jwt(**claims))


def test_an_email_or_a_plan_is_told_without_control_characters() -> None:
    claims = {"exp": NOW + DAY, "email": "a\x00@b.test", "https://api.openai.com/auth": {"chatgpt_account_id": "acc-1"}}
    assert account(row(jwt(**claims))).grant.email == "a@b.test"


# ------------------------------------------------------------------------------------------------- foreign ones


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"platform": "anthropic"}, "its platform is 'anthropic'"),
        ({"platform": "openai", "type": "apikey"}, "its type is 'apikey'"),
        ({"type": "claude"}, "its type is 'claude'"),
        ({"type": "x" * 25}, "its type is another one"),
        ({"type": "a\nb"}, "its type is another one"),
        ({"auth_mode": "apikey"}, "its auth_mode is 'apikey'"),
    ],
)
def test_accounts_of_other_services_are_skipped_and_not_failed(members: dict[str, str], words: str) -> None:
    assert words in skipped({"token": token()} | members)


@pytest.mark.parametrize(
    "members", [{"platform": "OpenAI", "type": "OAuth"}, {"type": "codex"}, {"type": 5, "platform": ""}]
)
def test_accounts_of_ours_are_not(members: dict[str, Any]) -> None:
    assert account(row({"token": token()} | members)).index == 1


def test_a_login_of_the_codex_cli_by_api_key_is_skipped() -> None:
    assert skipped({"OPENAI_API_KEY": "sk-0123456789", "tokens": None}) == "it holds an API key and no ChatGPT login"


@pytest.mark.parametrize("issuer", [ISSUER, ISSUER + "/"])
def test_tokens_of_our_issuer_are_taken_and_those_of_another_never(issuer: str) -> None:
    ours = auth_json(oauth_provenance={"issuer": issuer, "client_id": CLIENT_ID})
    assert tokens_of(row(ours)) == (token(), REFRESH)
    theirs = auth_json(oauth_provenance={"issuer": "https://elsewhere.test", "client_id": CLIENT_ID})
    assert reason(theirs) == f"its tokens came from another issuer and are not used with {ISSUER}"


def test_b_14_a_refresh_token_of_another_program_is_never_taken() -> None:
    told = account(row({"access_token": token(), "refresh_token": REFRESH, "client_id": "app_theirs"}))
    assert told.grant.secrets == Secrets(access_token=token())
    assert "given to another program and was left out" in (told.note or "")
    assert "given to another program" in reason({"refresh_token": REFRESH, "client_id": "app_theirs"})
    assert "there is no refresh token" not in reason({"refresh_token": REFRESH, "client_id": "app_theirs"})


def test_b_14_that_the_codex_cli_goes_on_with_a_refresh_token_is_told() -> None:
    told = account(row(auth_json()))
    assert told.grant.secrets.refresh_token == REFRESH
    assert "the Codex CLI holds its refresh token too" in (told.note or "")
    assert account(row({"tokens": {"access_token": token(), "refresh_token": REFRESH}})).note is None
    without = auth_json()
    del without["tokens"]["refresh_token"]
    assert account(row(without)).note is None


# -------------------------------------------------------------------------------------------- label and state


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ({}, None),
        ({"label": "mine"}, "mine"),
        ({"name": "seat 1"}, "seat 1"),
        ({"account_name": "a", "accountName": "b"}, "a"),
        ({"account_note": " noted "}, "noted"),
        ({"note": "n"}, "n"),
        ({"label": None, "note": "n"}, "n"),
        ({"label": "x" * 80}, "x" * 64),
        ({"name": "owner@example.invalid"}, None),
    ],
)
def test_a_label_is_what_the_program_calls_the_account_unless_that_is_its_email(
    members: dict[str, Any], label: str | None
) -> None:
    assert account(row({"token": token()} | members)).label == label


FULL: dict[str, Any] = {
    "token": token(),
    "status": "disabled",
    "codexFingerprintMode": "session",
    "proxyApiKey": "codex-proxy-" + "0a" * 24,
    "proxyId": "auto",
    "usage": {"request_count": 5},
}


def test_the_state_comes_along_only_where_it_was_asked_for() -> None:
    assert account(row(FULL)).state is None
    assert account(row(FULL, state=True)).state == RowState(
        enabled=False,
        fingerprint_mode=FingerprintMode.SESSION,
        counters=UsageCounters(total=Tally(request_count=5)),
        way="auto",
        client_key=FULL["proxyApiKey"],
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"status": "banned"}, RowState(way="auto")),
        ({"disabled": True}, RowState(enabled=False, way="auto")),
        ({"proxyId": 5}, RowState()),
        ({"proxyId": "a b"}, RowState()),
        ({"proxyApiKey": "pwd"}, RowState(way="auto")),
        ({"codexFingerprintMode": "unheard of"}, RowState(way="auto")),
    ],
)
def test_states_that_are_none_are_the_usual_ones(members: dict[str, Any], expected: RowState) -> None:
    told = account(row({"token": token(), "proxyId": "auto"} | members, state=True)).state
    assert told is not None
    assert replace(told, counters=None) == expected


def test_an_account_names_its_proxy_by_key() -> None:
    [entry] = sub2api({"access_token": token(COLLEAGUE)})["accounts"]
    assert account(row(entry | {"proxy_key": "socks5|h|1|u|p"})).proxy_key == "socks5|h|1|u|p"
