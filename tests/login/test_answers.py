"""What the issuer's answers mean."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from codex_proxy.accounts.issuer import Grant, IssuerError, Refusal
from codex_proxy.login.answers import Answer, Asked, error_code, object_in, parse_grant, refusal_of
from codex_proxy.simulator.tokens import make_token

NOW = 1_800_000_000.0
SENT = "rt_the-token-that-was-sent"
ISSUER = "https://auth.example"
JSON = {"content-type": "application/json"}


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Answer(
        status=status, headers=JSON | {name.replace("_", "-"): told for name, told in headers.items()}, body=raw
    )


def error(code: str, message: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "type": "invalid_request_error"}}


def granted(body: Any) -> Grant:
    return parse_grant(answer(200, body), asked=Asked.REFRESH, sent=SENT, issuer=ISSUER, now=NOW)


def refused(given_answer: Answer, asked: Asked = Asked.REFRESH) -> IssuerError:
    with pytest.raises(IssuerError) as caught:
        parse_grant(given_answer, asked=asked, sent=SENT, issuer=ISSUER, now=NOW)
    return caught.value


# ---------------------------------------------------------------------------------------------------- tokens


def access_token(expires_at: float = NOW + 864_000) -> str:
    return make_token(account_id="acc-1", plan="plus", email="owner@example.invalid", expires_at=expires_at)


def test_tokens_and_whose_they_are() -> None:
    grant = granted({"access_token": access_token(), "refresh_token": "rt_new", "id_token": "id", "expires_in": 60})
    assert (grant.identity.issuer, grant.identity.account_id) == (ISSUER, "acc-1")
    assert grant.identity.user_id is not None
    assert (grant.email, grant.plan) == ("owner@example.invalid", "plus")
    assert (grant.secrets.access_token, grant.secrets.refresh_token) == (access_token(), "rt_new")
    assert "rt_new" not in repr(grant)


def test_a_03_an_answer_without_refresh_token_leaves_the_old_one_to_stay() -> None:
    assert granted({"access_token": access_token()}).secrets.refresh_token is None
    assert granted({"access_token": access_token(), "refresh_token": ""}).secrets.refresh_token is None
    assert granted({"access_token": access_token(), "refresh_token": None}).secrets.refresh_token is None


@pytest.mark.parametrize(
    ("body", "expires_at"),
    [
        ({"access_token": access_token(NOW + 500), "expires_in": 60}, NOW + 500),
        ({"access_token": "opaque", "expires_in": 60}, NOW + 60),
        ({"access_token": "opaque", "expires_in": "90"}, NOW + 90),
        ({"access_token": "opaque"}, NOW + 3600),
        ({"access_token": "opaque", "expires_in": "soon"}, NOW + 3600),
        ({"access_token": "opaque", "expires_in": -5}, NOW + 3600),
        ({"access_token": "opaque", "expires_in": True}, NOW + 3600),
        ({"access_token": "opaque", "expires_in": 10**400}, NOW + 3600),
    ],
)
def test_b_12_the_tokens_own_expiry_holds_else_the_answers_else_an_hour(body: Any, expires_at: float) -> None:
    assert granted(body).expires_at == expires_at


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        None,
        b"",
        b"<html>no tokens here",
        b"\xff\xfe",
        b"[" * 100_000,
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "with a space"},
        {"access_token": "line\nbreak"},
        {"id_token": "only"},
    ],
)
def test_b_13_success_without_an_access_token_is_refused_and_may_have_spent_what_was_sent(body: Any) -> None:
    told = refused(answer(200, body))
    assert (told.refusal, told.maybe_spent, told.came, told.status) == (Refusal.PROTOCOL, True, None, 200)


def test_a_new_refresh_token_without_an_access_token_is_not_lost() -> None:
    told = refused(answer(200, {"refresh_token": "rt_new"}))
    assert told.refusal is Refusal.PROTOCOL
    assert told.came is not None
    assert told.came.refresh_token == "rt_new"


def test_an_answer_that_is_not_all_here_holds_no_tokens() -> None:
    whole = answer(200, {"access_token": access_token()})
    told = refused(msgspec.structs.replace(whole, cut=True))
    assert (told.refusal, told.maybe_spent) == (Refusal.PROTOCOL, True)


# -------------------------------------------------------------------------------------------------- refusals

REGION = error("unsupported_country_region_territory", "Country, region, or territory not supported")
CHALLENGE_PAGE = b"<html><title>Just a moment...</title>"
REVOKED = Refusal.REFRESH_TOKEN_REVOKED


@pytest.mark.parametrize(
    ("given_answer", "refusal"),
    [
        (answer(401, error("refresh_token_expired")), Refusal.REFRESH_TOKEN_EXPIRED),
        (answer(400, error("refresh_token_expired")), Refusal.REFRESH_TOKEN_EXPIRED),
        (answer(401, error("refresh_token_reused")), Refusal.REFRESH_TOKEN_REUSED),
        (answer(401, error("refresh_token_invalidated")), REVOKED),
        (answer(401, error("app_session_terminated")), REVOKED),
        (answer(400, {"error": "invalid_grant", "error_description": "gone"}), REVOKED),
        (answer(400, {"code": "invalid_grant"}), REVOKED),
        (answer(401, error("something_new")), REVOKED),
        (answer(401, b""), REVOKED),
        (answer(400, error("something_new")), Refusal.PROTOCOL),
        (answer(401, error("invalid_client")), Refusal.PROTOCOL),
        (answer(404, b""), Refusal.PROTOCOL),
        (answer(302, b"", location="https://elsewhere.example"), Refusal.PROTOCOL),
        (answer(401, error("account_deactivated")), Refusal.DEACTIVATED),
        (answer(401, error("other", "Your account has been Deactivated.")), Refusal.DEACTIVATED),
        (answer(403, REGION), Refusal.REGION),
        (answer(400, REGION), Refusal.REGION),
        (answer(403, CHALLENGE_PAGE), Refusal.CHALLENGE),
        (answer(403, CHALLENGE_PAGE, content_type="text/html"), Refusal.CHALLENGE),
        (answer(503, b"<html>", content_type="text/html; charset=utf-8"), Refusal.CHALLENGE),
        (answer(200, {"access_token": "a"}, cf_mitigated="challenge"), Refusal.CHALLENGE),
        (answer(403, error("forbidden")), Refusal.PROTOCOL),
        (answer(429, error("rate_limit_exceeded")), Refusal.RATE_LIMITED),
        (answer(429, error("refresh_token_reused")), Refusal.RATE_LIMITED),
        (answer(500, error("server_error")), Refusal.UNAVAILABLE),
        (answer(503, error("refresh_token_expired")), Refusal.UNAVAILABLE),
        (answer(502, b"bad gateway"), Refusal.UNAVAILABLE),
    ],
)
def test_a_refused_refresh_token_is_classified_once(given_answer: Answer, refusal: Refusal) -> None:
    told = refused(given_answer)
    assert (told.refusal, told.maybe_spent, told.status) == (refusal, False, given_answer.status)


@pytest.mark.parametrize(
    ("given_answer", "refusal"),
    [
        (answer(400, error("invalid_grant")), Refusal.BAD_CODE),
        (answer(401, error("something_new")), Refusal.BAD_CODE),
        (answer(400, b""), Refusal.BAD_CODE),
        (answer(401, error("invalid_client")), Refusal.PROTOCOL),
        (answer(401, error("account_deactivated")), Refusal.DEACTIVATED),
        (answer(403, REGION), Refusal.REGION),
        (answer(403, CHALLENGE_PAGE), Refusal.CHALLENGE),
        (answer(404, b""), Refusal.PROTOCOL),
        (answer(500, b""), Refusal.UNAVAILABLE),
    ],
)
def test_a_refused_code_says_nothing_of_refresh_tokens(given_answer: Answer, refusal: Refusal) -> None:
    assert refused(given_answer, Asked.CODE).refusal is refusal


def test_what_else_is_refused_is_a_matter_of_protocol() -> None:
    assert refusal_of(answer(401, error("invalid_token")), asked=Asked.OTHER, sent="").refusal is Refusal.PROTOCOL


def test_how_long_to_wait_is_the_issuers_word() -> None:
    assert refused(answer(429, error("x"), retry_after="7")).retry_after_seconds == 7.0
    assert refused(answer(503, error("x"), retry_after="30")).retry_after_seconds == 30.0
    assert refused(answer(429, error("x"), retry_after="Thu, 26 Nov 2026 12:00:00 GMT")).retry_after_seconds is None


def test_the_issuers_words_are_told_on_without_the_token_that_was_sent() -> None:
    told = refused(answer(401, error("refresh_token_reused", f"the token {SENT}\nwas used  before")))
    assert str(told) == "the issuer answered 401 refresh_token_reused: the token [token] was used before"


def test_a_code_that_is_no_word_is_not_repeated() -> None:
    assert str(refused(answer(401, error("<script>alert(1)</script>")))) == "the issuer answered 401"


def test_words_are_cut() -> None:
    assert len(str(refused(answer(401, error("x", "long " * 1000))))) < 300


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "a_b"}}, "a_b"),
        ({"error": {"code": "A_B"}, "code": "c"}, "a_b"),
        ({"error": "a_b"}, "a_b"),
        ({"error": {"message": "x"}, "code": "c"}, "c"),
        ({"error": None, "code": "c"}, "c"),
        ({"error": {"code": 7}}, ""),
        ({}, ""),
    ],
)
def test_where_the_code_is_looked_for(body: dict[str, Any], code: str) -> None:
    assert error_code(object_in(answer(400, body))) == code


def echoed(words: str) -> bytes:
    return msgspec.json.encode(error("x", words + SENT + words))


@given(
    some.integers(100, 599),
    some.binary(max_size=200)
    | some.recursive(some.text() | some.none(), some.lists).map(msgspec.json.encode)
    | some.text(max_size=90).map(echoed),
    some.sampled_from(Asked),
)
def test_whatever_comes_is_tokens_or_a_refusal_that_gives_nothing_away(status: int, body: bytes, asked: Asked) -> None:
    words = ""
    try:
        parse_grant(Answer(status=status, headers={}, body=body), asked=asked, sent=SENT, issuer=ISSUER, now=NOW)
    except IssuerError as told:
        words = str(told)
    assert SENT not in words
