"""Requests of the real Codex CLI with a ChatGPT login, as captured: the simulator accepts each one that it serves.

Of logins, only what the services themselves give out (codes, tokens, ids) is replaced by what the simulator gave out.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import zstandard

from codex_proxy.simulator.incoming import FORM
from codex_proxy.simulator.issuer.codes import challenge_of
from codex_proxy.simulator.issuer.device import CALLBACK as DEVICE_CALLBACK
from scripts.evidence.captures import FILLER, Capture, NotARequest, Scope, read
from tests.conformance.conftest import any_token
from tests.simulator.asking import Backend, backend
from tests.simulator.issuer.logging_in import log_in, poll, usercode

CAPTURES = Path(__file__).parents[3] / "shared" / "captures" / "codex-cli"
GROUPS = ("a1", "a3", "f1", "f2", "f3", "f4", "h1", "h2")
SERVED = {
    "/backend-api/codex/responses",
    "/backend-api/codex/responses/compact",
    "/backend-api/codex/models",
    "/backend-api/wham/accounts/check",
    "/backend-api/wham/usage",
    "/backend-api/wham/rate-limit-reset-credits",
    "/backend-api/wham/settings/user",
}
OURS = {"authorization", "chatgpt-account-id", "content-length", "host", "content-encoding", "connection"}


ISSUER = frozenset(
    {"/oauth/token", "/oauth/revoke", "/api/accounts/deviceauth/usercode", "/api/accounts/deviceauth/token"}
)


def captured() -> list[Path]:
    """The files of these groups."""
    folders = [folder for group in GROUPS for folder in sorted(CAPTURES.glob(f"{group}*"))]
    return [path for folder in folders for path in sorted(folder.glob("*-req-*.json"))]


def captured_logins() -> list[Capture]:
    """Every captured request to the issuer."""
    read_ = [read(path) for path in sorted(CAPTURES.glob("*/*-req-*.json"))]
    return [capture for capture in read_ if isinstance(capture, Capture) and capture.target in ISSUER]


@pytest.mark.recordings
async def test_captured_requests_are_accepted() -> None:
    if not CAPTURES.is_dir():
        pytest.skip("no captured requests: they are kept outside the repository")
    told: Counter[str] = Counter()
    refused: list[str] = []
    async with backend() as simulated:
        for path in captured():
            capture = read(path)
            if isinstance(capture, NotARequest) or capture.scope is Scope.WEBSOCKET or capture.target not in SERVED:
                continue
            status, words = await _replayed(simulated.client, capture)
            told[capture.target] += 1
            if status != 200:
                refused.append(f"{path.parent.name}/{path.name}: {status} {words}")
    assert refused == []
    assert told["/backend-api/codex/responses"] > 5
    assert told["/backend-api/wham/accounts/check"]


async def _replayed(client: Any, capture: Any) -> tuple[int, str]:
    """The captured request with a token of ours; status and the first words of the answer."""
    headers = {name: value for name, value in capture.headers.items() if name not in OURS and not name.startswith(":")}
    headers = {name: FILLER.sub("x", value) for name, value in headers.items()}
    headers |= {"authorization": f"Bearer {any_token()}", "chatgpt-account-id": "acc"}
    content = None if capture.body is None else json.dumps(capture.body).encode()
    if content is not None:
        headers["content-encoding"] = "zstd"
        content = zstandard.compress(content)
    target = capture.target.removeprefix("/backend-api")
    reply = await client.request(capture.method, target, content=content, headers=headers)
    return reply.status_code, reply.text[:200]


@pytest.mark.recordings
async def test_captured_logins_are_accepted() -> None:
    if not CAPTURES.is_dir():
        pytest.skip("no captured requests: they are kept outside the repository")
    told: Counter[str] = Counter()
    refused: list[str] = []
    async with backend("issuer: {auto: true, device: {auto_after: 0}}") as simulated:
        for capture in captured_logins():
            members = _members(capture)
            if members is None:
                told["redacted as a whole"] += 1
                continue
            status, words = await _sent(simulated, capture, await _with_live_values(simulated, members))
            told[members.get("grant_type", capture.target)] += 1
            if status != 200:
                refused.append(f"{capture.path.parent.name}/{capture.path.name}: {status} {words}")
    assert refused == []
    assert told == {
        "refresh_token": 16,
        "authorization_code": 4,
        "/oauth/revoke": 1,
        "/api/accounts/deviceauth/usercode": 1,
        "/api/accounts/deviceauth/token": 2,
        "redacted as a whole": 3,  # exchanges for an API key
    }


def _members(capture: Capture) -> dict[str, str] | None:
    """The members of a JSON or form body; None where nothing of it was kept."""
    text = capture.object.get("_text")
    if text is None:
        return dict(capture.object)
    return None if FILLER.match(text) else dict(parse_qsl(text, strict_parsing=True))


async def _with_live_values(simulated: Backend, members: dict[str, str]) -> dict[str, str]:
    """The members in their order, with what the simulator gave out in the place of what others did."""
    if "refresh_token" in members or "token" in members:
        name = "token" if "token" in members else "refresh_token"
        return members | {name: (await simulated.grant())["refresh_token"]}
    if "device_auth_id" in members:
        begun = await usercode(simulated)
        return members | {name: begun[name] for name in ("device_auth_id", "user_code")}
    if "code" not in members:
        return members
    if members["redirect_uri"].endswith(DEVICE_CALLBACK):
        approved = (await poll(simulated, await usercode(simulated))).json()
        return members | {"code": approved["authorization_code"], "code_verifier": approved["code_verifier"]}
    challenge = challenge_of(members["code_verifier"])
    code = await log_in(simulated, code_challenge=challenge, redirect_uri=members["redirect_uri"])
    return members | {"code": code}


async def _sent(simulated: Backend, capture: Capture, members: dict[str, str]) -> tuple[int, str]:
    headers = {name: value for name, value in capture.headers.items() if name not in OURS and not name.startswith(":")}
    form = headers["content-type"] == FORM
    content = urlencode(members) if form else json.dumps(members, separators=(",", ":"))
    url = simulated.issuer + capture.target
    reply = await simulated.client.request(capture.method, url, content=content, headers=headers)
    return reply.status_code, reply.text[:200]
