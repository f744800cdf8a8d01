"""Logging in at the simulated issuer as a browser and a client do."""

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from codex_proxy.simulator.issuer.codes import challenge_of
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.simulator.tokens import SCOPE
from tests.simulator.asking import Backend

VERIFIER = hashlib.sha512(b"verifier").hexdigest()[:86]
CALLBACK = "http://127.0.0.1:1455/auth/callback"


def asked(**changes: str | None) -> dict[str, str]:
    """The parameters of the official client; None leaves one out."""
    usual = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "state": "state-of-43-characters",
        "scope": f"{SCOPE} api.connectors.read api.connectors.invoke",
        "id_token_add_organizations": "true",
        "codex_cli_simplified_flow": "true",
        "originator": "codex_cli_rs",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


async def open_login(simulated: Backend, **changes: str | None) -> httpx.Response:
    return await simulated.client.get(f"{simulated.issuer}/oauth/authorize?{urlencode(asked(**changes))}")


def landed(reply: httpx.Response) -> dict[str, str]:
    """What the browser brings back to the client."""
    location = reply.headers["location"]
    assert location.startswith("http://")
    return dict(parse_qsl(urlsplit(location).query)) | {"to": location.partition("?")[0]}


def buttons(page: httpx.Response) -> list[str]:
    """The accounts that a page offers, and the denial."""
    return re.findall(r'name=account value="([^"]*)"', page.text)


async def log_in(simulated: Backend, **changes: str | None) -> str:
    """An authorization code of a login that needs no people."""
    return landed(await open_login(simulated, **changes))["code"]


async def exchange(simulated: Backend, code: str, **changes: str) -> httpx.Response:
    members = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return await simulated.form("/oauth/token", **(members | changes))


async def usercode(simulated: Backend) -> dict[str, str]:
    reply = await simulated.client.post(
        f"{simulated.issuer}/api/accounts/deviceauth/usercode", json={"client_id": CLIENT_ID}
    )
    told = reply.json()
    assert isinstance(told, dict)
    return told


async def poll(simulated: Backend, begun: dict[str, str], **changes: Any) -> httpx.Response:
    members = {name: begun[name] for name in ("device_auth_id", "user_code")} | changes
    return await simulated.client.post(f"{simulated.issuer}/api/accounts/deviceauth/token", json=members)


def code_of(reply: httpx.Response) -> str | None:
    """The code of an error."""
    return reply.json()["error"]["code"] if reply.status_code >= 400 else None
