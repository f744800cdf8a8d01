"""Requests to the token endpoint."""

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from codex_proxy.simulator.incoming import FORM, Incoming
from codex_proxy.simulator.issuer.asking import TOKEN_EXCHANGE, CodeAsked, KeyAsked, RefreshAsked, read_token_request
from codex_proxy.simulator.issuer.replies import IssuerRefusal

REFRESH = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "rt_1"}
CODE = {
    "grant_type": "authorization_code",
    "client_id": "app",
    "code": "ac",
    "redirect_uri": "http://x",
    "code_verifier": "v",
}
KEY = {
    "grant_type": TOKEN_EXCHANGE,
    "client_id": "app",
    "requested_token": "openai-api-key",
    "subject_token": "a.b.c",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


def posted(raw: bytes, content_type: str) -> Incoming:
    return Incoming(
        method="POST", path="/oauth/token", query="", pairs=(), headers={"content-type": content_type}, raw=raw,
        scheme="http", http_version="1.1", address="",
    )  # fmt: skip


def form(members: dict[str, Any]) -> Incoming:
    return posted(urlencode(members).encode(), FORM)


def json(members: Any) -> Incoming:
    return posted(msgspec.json.encode(members), "application/json")


@pytest.mark.parametrize("encoded", [form, json])
def test_a_refresh_comes_in_either_encoding(encoded: Any) -> None:
    told = read_token_request(encoded(REFRESH | {"refresh_reason": "unauthorized_recovery"}))
    assert told == RefreshAsked(client_id="app", refresh_token="rt_1", reason="unauthorized_recovery")
    assert read_token_request(encoded(REFRESH)) == RefreshAsked(client_id="app", refresh_token="rt_1")


def test_codes_and_exchanges_come_as_a_form() -> None:
    assert isinstance(read_token_request(form(CODE)), CodeAsked)
    assert isinstance(read_token_request(form(KEY)), KeyAsked)
    for members in (CODE, KEY):
        with pytest.raises(IssuerRefusal, match="content-type"):
            read_token_request(json(members))


@pytest.mark.parametrize(("members", "left_out"), [(each, name) for each in (REFRESH, CODE, KEY) for name in each])
def test_a_member_that_is_missing_is_named(members: dict[str, str], left_out: str) -> None:
    with pytest.raises(IssuerRefusal, match=left_out):
        read_token_request(form({name: value for name, value in members.items() if name != left_out}))


@pytest.mark.parametrize(
    ("incoming", "code"),
    [
        (form({"grant_type": "password"}), "unsupported_grant_type"),
        (form(KEY | {"requested_token": "gold"}), "requested_token"),
        (json(REFRESH | {"refresh_token": 7}), "refresh_token"),
        (json([REFRESH]), "invalid_request"),
        (posted(b"", FORM), "invalid_request"),
    ],
)
def test_other_nonsense_is_refused(incoming: Incoming, code: str) -> None:
    with pytest.raises(IssuerRefusal, match=code):
        read_token_request(incoming)
