"""Redirects, as a listener gets them and as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from codex_proxy.accounts.record import AccountRecord, Identity
from codex_proxy.operations.login.callback import (
    MAX_CALLBACK_CHARACTERS,
    CallbackAnswer,
    InvalidCallback,
    denied,
    parse_pasted,
    parse_query,
    reply_to,
)
from codex_proxy.operations.login.outcomes import LoginDone, LoginFailed, Reason

ANSWER = CallbackAnswer(state="the-state", code="ac_1+x")


@pytest.mark.parametrize(
    "pasted",
    [
        "http://127.0.0.1:1455/auth/callback?code=ac_1%2Bx&scope=openid+email&state=the-state",
        "http://localhost:1457/auth/callback?state=the-state&code=ac_1%2Bx",
        "127.0.0.1:1455/auth/callback?code=ac_1%2Bx&state=the-state",
        "localhost:1455/auth/callback?code=ac_1%2Bx&state=the-state#fragment",
        "  http://127.0.0.1:1455/auth/callback?code=ac_1\n%2Bx&state=the-\n  state \n",
        "?code=ac_1%2Bx&state=the-state",
        "code=ac_1%2Bx&state=the-state",
        "https://gateway.example/anything?code=ac_1%2Bx&state=the-state",
    ],
)
def test_what_people_paste(pasted: str) -> None:
    assert parse_pasted(pasted) == ANSWER


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "no state"),
        ("code=x", "no state"),
        ("state=&code=x", "no state"),
        ("state=s", "neither a code nor an error"),
        ("state=s&code=", "neither a code nor an error"),
        ("state=s&state=t&code=x", "twice"),
        ("state=s&code=x&code=y", "twice"),
        ("state=s&code=" + "x" * MAX_CALLBACK_CHARACTERS, "too long"),
        ("&".join(f"m{number}=1" for number in range(100)), "too many parts"),
    ],
)
def test_what_is_no_redirect_is_told_without_its_content(query: str, words: str) -> None:
    with pytest.raises(InvalidCallback, match=words):
        parse_query(query)


@pytest.mark.parametrize("pasted", ["", "http://[broken?x", "https://auth.example/", "hello there"])
def test_what_is_no_address(pasted: str) -> None:
    with pytest.raises(InvalidCallback):
        parse_pasted(pasted)


def test_an_error_goes_before_a_code() -> None:
    answer = parse_query("state=s&code=x&error=access_denied&error_description=not+%3Cb%3Eyou%3C%2Fb%3E")
    assert (answer.code, answer.error, answer.description) == (None, "access_denied", "not <b>you</b>")


def test_neither_state_nor_code_shows() -> None:
    assert "the-state" not in repr(ANSWER)
    assert "ac_1" not in repr(ANSWER)


def test_a_refusal_is_one_short_line() -> None:
    answer = CallbackAnswer(state="s", error="access_denied", description="a\r\nb " * 1000)
    told = denied(answer)
    assert (told.reason, told.message[:20], len(told.message)) == (Reason.DENIED, "access_denied: a b a", 300)
    assert denied(CallbackAnswer(state="s", error="server_error")).message == "server_error"


def test_each_end_has_its_page() -> None:
    record = AccountRecord(row_id="a", identity=Identity(issuer="i"), email=None)
    assert reply_to(LoginDone(record=record)).status == 200
    assert reply_to(LoginFailed(reason=Reason.DENIED, message="m")).status == 200
    for reason in set(Reason) - {Reason.DENIED}:
        told = reply_to(LoginFailed(reason=reason, message="why"))
        assert (told.status, told.title, told.detail) == (502, "The login failed", "why")


@given(some.text(max_size=200))
def test_any_text_is_a_redirect_or_refused(text: str) -> None:
    try:
        answer = parse_pasted(text)
    except InvalidCallback:
        return
    assert answer.state
    assert (answer.code is None) != (answer.error is None)
