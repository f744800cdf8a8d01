"""Requests for a browser login."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from codex_proxy.simulator.issuer.authorize import BadLogin, named, read_login
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.simulator.tokens import person_of
from tests.simulator.issuer.logging_in import CALLBACK, asked


def query(**changes: str | None) -> str:
    return urlencode(asked(**changes))


def test_the_official_request_is_read() -> None:
    told = read_login(query(login_hint="a@example.com", allowed_workspace_id="acc"), client_id=CLIENT_ID)
    assert (told.redirect_uri, told.login_hint, told.workspace_id) == (CALLBACK, "a@example.com", "acc")
    assert read_login(query().replace("+", "%20"), client_id=CLIENT_ID).scope.startswith("openid profile")


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1455/auth/callback",
        "http://localhost:1457/auth/callback",
        "http://[::1]:50000/auth/callback",
    ],
)
def test_the_browser_may_go_back_to_this_machine(uri: str) -> None:
    assert read_login(query(redirect_uri=uri), client_id=CLIENT_ID).redirect_uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "https://127.0.0.1:1455/auth/callback",
        "http://evil.example:1455/auth/callback",
        "http://127.0.0.1.evil.example:1455/auth/callback",
        "http://127.0.0.1:1455@evil.example:80/auth/callback",
        "http://127.0.0.1:1455/other",
        "http://127.0.0.1/auth/callback",
        "http://127.0.0.1:port/auth/callback",
        "http://127.0.0.1:1455/auth/callback?next=x",
        "http://127.0.0.1:1455/auth/callback#x",
    ],
)
def test_c_03_it_goes_nowhere_else(uri: str | None) -> None:
    with pytest.raises(BadLogin, match="redirect_uri") as refused:
        read_login(query(redirect_uri=uri), client_id=CLIENT_ID)
    assert refused.value.redirect is None


@pytest.mark.parametrize("broken", [query(client_id="other"), query(client_id=None), query() + "&state=again"])
def test_an_unknown_client_and_doubled_parameters_are_told_here(broken: str) -> None:
    with pytest.raises(BadLogin) as refused:
        read_login(broken, client_id=CLIENT_ID)
    assert refused.value.redirect is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
    ],
)
def test_what_else_is_wrong_is_told_to_the_client(changes: dict[str, str | None], error: str) -> None:
    with pytest.raises(BadLogin, match=next(iter(changes))) as refused:
        read_login(query(**changes), client_id=CLIENT_ID)
    assert refused.value.redirect is not None
    parts = urlsplit(refused.value.redirect)
    told = dict(parse_qsl(parts.query))
    assert (refused.value.redirect.partition("?")[0], told["error"]) == (CALLBACK, error)


def test_an_answer_carries_the_state() -> None:
    told = read_login(query(state="s&x"), client_id=CLIENT_ID)
    assert dict(parse_qsl(urlsplit(told.redirect(code="c")).query)) == {"code": "c", "state": "s&x"}
    assert dict(parse_qsl(urlsplit(told.denied("no")).query))["error"] == "access_denied"


def test_people_are_found_by_name() -> None:
    people = [person_of("a"), person_of("team", user_id="u1"), person_of("team", user_id="u2")]
    assert named(people, "team/u2") is people[2]
    assert named(people, "team") is people[1]
    assert named(people, "nobody") is None
