"""Browser logins: what a client asks for, and where the browser goes with the answer.

Rules of this file: pure.  A browser is never sent to an address that was not checked; what else is wrong is told to
that address.  Source: RFC 6749 §4.1.2.1, RFC 7636; the request as captured with Codex CLI 0.169.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from codex_proxy.simulator.issuer.codes import CHALLENGE
from codex_proxy.simulator.tokens import Person

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
CALLBACK: Final = "/auth/callback"
SCOPES: Final = frozenset(
    {"openid", "profile", "email", "offline_access", "api.connectors.read", "api.connectors.invoke"}
)


class BadLogin(Exception):
    """The request is wrong; ``redirect`` is where the browser goes, None where no address can be trusted."""

    def __init__(self, message: str, *, redirect: str | None = None) -> None:
        super().__init__(message)
        self.redirect = redirect


class LoginAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A login that a client asks for; ``query`` is the request as it came, for the page that asks people."""

    client_id: str
    redirect_uri: str
    challenge: str
    state: str
    scope: str
    query: str
    login_hint: str | None = None
    workspace_id: str | None = None

    def redirect(self, **answer: str) -> str:
        """Where the browser goes with this answer."""
        return _with(self.redirect_uri, answer | {"state": self.state})

    def denied(self, description: str) -> str:
        """Where the browser goes when nobody logs in."""
        return self.redirect(error="access_denied", error_description=description)


def read_login(query: str, *, client_id: str) -> LoginAsked:
    """What is asked for.

    Raises:
        BadLogin: names the parameter.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    told = dict(pairs)
    if len(told) != len(pairs):
        raise BadLogin("every parameter may be given once")
    if told.get("client_id") != client_id:
        raise BadLogin("client_id: unknown")
    redirect_uri = told.get("redirect_uri", "")
    if not _is_callback(redirect_uri):
        raise BadLogin(f"redirect_uri: expected http, a loopback host and the path {CALLBACK}")
    wrong = _wrong(told)
    if wrong is not None:
        code, message = wrong
        answer = {"error": code, "error_description": message, "state": told.get("state", "")}
        raise BadLogin(message, redirect=_with(redirect_uri, answer))
    return LoginAsked(
        client_id=client_id,
        redirect_uri=redirect_uri,
        challenge=told["code_challenge"],
        state=told["state"],
        scope=told["scope"],
        query=query,
        login_hint=told.get("login_hint"),
        workspace_id=told.get("allowed_workspace_id"),
    )


def named(people: Sequence[Person], name: str) -> Person | None:
    """The first person who is called so."""
    return next((each for each in people if name in each.names), None)


def _wrong(told: dict[str, str]) -> tuple[str, str] | None:
    scopes = set(told.get("scope", "").split())
    if told.get("response_type") != "code":
        return "unsupported_response_type", "response_type: expected code"
    if told.get("code_challenge_method") != "S256":
        return "invalid_request", "code_challenge_method: expected S256"
    if not CHALLENGE.fullmatch(told.get("code_challenge", "")):
        return "invalid_request", "code_challenge: expected 43 characters of base64url"
    if not told.get("state"):
        return "invalid_request", "state: expected a text that is not empty"
    if "openid" not in scopes or not scopes <= SCOPES:
        return "invalid_scope", f"scope: expected openid, and others of {', '.join(sorted(SCOPES))}"
    return None


def _is_callback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme == "http" and parts.hostname in LOOPBACK and bool(port) and parts.path == CALLBACK and plain


def _with(uri: str, answer: dict[str, str]) -> str:
    return f"{uri}?{urlencode(answer)}"
