"""Marked secrets, put into every place that takes one: whatever is written or told afterwards holds none of them."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ruamel.yaml import YAML

from codex_proxy.bootstrap.simulated import simulated_backend, simulated_tokens, simulated_urls, simulated_vendor
from codex_proxy.simulator.scenario import parse_scenario
from tests.scenarios.stage import Stage, stage_over

OWNER = "markedOwnersKey0123456789abcdefgh"
VENDOR = "markedVendor/0123456789+abcdefgh=="
HEADER = "markedHeader-0123456789abcdef"
PROXY = "marked!Proxy/pass 0123"
COOKIE = "markedCookie0123456789abcdef"
REFRESH = "markedRefresh0123456789abcdefgh"
PLANTED = (OWNER, VENDOR, HEADER, PROXY, COOKIE, REFRESH)
OWN_FILES = {"secret.key", "access.json", "local.yaml", "runtime.json"}
DELTA = "type: response.output_text.delta, item_id: m, output_index: 0, content_index: 0"

SCENARIO = f"""
issuer: {{refresh_tokens: {{{REFRESH}: account-1}}, faults: [{{answer: garbage, when: {{request: 1}}}}]}}
rules:
  - when: {{contains: please refuse}}
    reply: {{status: 400, body: {{error: {{message: "no such thing as {COOKIE} or {VENDOR}"}}}}}}
  - when: {{contains: please break}}
    steps: [{{text: "some {REFRESH} words"}}, {{cut: true}}]
  - when: {{contains: piece by piece}}
    steps:
      - event: {{{DELTA}, delta: "{VENDOR[:11]}"}}
      - event: {{{DELTA}, delta: "{VENDOR[11:]}"}}
vendors:
  echoing:
    wires: [chat]
    rules:
      - when: {{contains: hello}}
        steps: [{{text: "your key is {VENDOR}, is it not"}}]
      - reply: {{status: 401, body: {{error: {{message: "Incorrect API key provided: {VENDOR}. Bearer {HEADER}"}}}}}}
"""


def spellings(secret: str) -> set[str]:
    """How a secret may be found again."""
    raw = secret.encode()
    packed = {base64.b64encode(b"\0" * shift + raw).decode()[4 : 4 * ((shift + len(raw)) // 3)] for shift in range(3)}
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret), *packed}


def found(text: str, secrets: Sequence[str]) -> set[str]:
    """The secrets in a text."""
    return {secret for secret in secrets for spelling in spellings(secret) if spelling in text}


@asynccontextmanager
async def planted(data_dir: Path) -> AsyncIterator[tuple[Stage, Sequence[str]]]:
    """The gateway, and every secret in it."""
    async with simulated_backend(parse_scenario(SCENARIO)) as base_url:
        urls = simulated_urls(base_url)
        tokens = simulated_tokens(urls.issuer)
        entry = {
            "base_url": simulated_vendor(base_url, "echoing"),
            "wire": "chat",
            "api_key": VENDOR,
            "headers": {"x-extra": HEADER},
            "allow_private": True,
            "models": ["m-1"],
        }
        with (data_dir / "local.yaml").open("w") as file:
            YAML().dump({"providers": {"custom": {"echoing": entry}}}, file)
        settings = {
            "SERVER__PROXY_API_KEY": OWNER,
            "AUTH__JWT_TOKEN": json.dumps(tokens),
            "AUTH__OAUTH_AUTH_ENDPOINT": urls.authorize,
            "AUTH__OAUTH_TOKEN_ENDPOINT": urls.token,
            "LOGS__CAPTURE_BODY": "true",
            "LOGS__LLM_ONLY": "false",
        }
        async with stage_over(base_url, data_dir, settings) as play:
            play.client.headers["authorization"] = f"Bearer {OWNER}"
            yield play, (*PLANTED, *tokens)


async def owner_gives(play: Stage, token: str) -> list[str]:
    """The owner puts in what has a password or is one; what was told back."""
    proxy = f"http://someone:{quote(PROXY, safe='')}@127.0.0.1:9"
    accounts = (await play.client.get("/auth/accounts")).json()["accounts"]
    replies = [
        await play.client.post("/api/proxies", json={"name": "dead", "url": proxy}),
        await play.client.post(
            f"/auth/accounts/{accounts[0]['id']}/cookies", json={"cookies": {"cf_clearance": COOKIE}}
        ),
        await play.client.post("/auth/accounts", json={"refreshToken": REFRESH}),
        await play.client.post("/auth/accounts", json={"refreshToken": REFRESH[:-1]}),
        await play.client.post("/auth/accounts", json={"token": token[:-4]}),
        await play.client.post("/auth/accounts/import", content=json.dumps({"x": token})),
    ]
    assert [reply.status_code for reply in replies[:2]] == [200, 200]
    return [reply.text for reply in replies]


async def clients_ask(play: Stage, secrets: Sequence[str]) -> list[str]:
    """Clients put secrets where they do not belong; the errors they were told."""
    told = " ".join([*secrets, *(quote(secret) for secret in secrets), json.dumps(secrets)])
    basic = base64.b64encode(f"user:{VENDOR}".encode()).decode()
    gemini = {"contents": [{"parts": [{"text": "hello"}]}]}
    replies = [
        await play.chat(f"hello {told} {basic}"),
        await play.chat(f"hello {told}", stream=True),
        await play.respond(f"piece by piece {told}", stream=True),
        await play.chat("please refuse"),
        await play.chat("please break", stream=True),
        await play.chat("hello", model="echoing:m-1"),
        await play.chat("hello", model="echoing:m-1", stream=True),
        await play.chat("what", model="echoing:m-1"),
        await play.chat(model=f"unknown-{OWNER}"),
        await play.client.post("/v1/chat/completions", content=f"{{broken {OWNER}"),
        await play.client.post(f"/v1beta/models/gpt-5.4:generateContent?key={OWNER}", json=gemini),
        await play.client.post("/v1/messages", json={}, headers={"x-api-key": VENDOR, "authorization": ""}),
        await play.client.get(f"/v1/nowhere/{OWNER}?key={VENDOR}&token={REFRESH}", headers={"x-request-id": COOKIE}),
    ]
    assert replies[0].status_code == replies[5].status_code == 200
    own_words = {8, 9, 12}  # what is told back there is what this client itself has just said
    return [reply.text for place, reply in enumerate(replies) if reply.status_code >= 400 and place not in own_words]


async def page_reports(play: Stage, secrets: Sequence[str]) -> list[str]:
    """A page tells of an error of its own, secrets and all; what was told back."""
    told = " ".join([*secrets, *(quote(secret) for secret in secrets)])
    error = {"name": f"Error {HEADER}", "message": told[:4_000], "stack": f"at go (http://x/?key={VENDOR}:1:2)"}
    context = {"told": list(secrets), "text": json.dumps(secrets), "password": "short", f"named {OWNER}": 1}
    report = {"source": "renderer", "error": error, "context": context}
    reply = await play.client.post("/admin/error-logs/report", json=report)
    assert reply.json() == {"ok": True}
    return [reply.text]


async def written(play: Stage) -> list[dict[str, Any]]:
    """All records, once the log has caught up."""
    async with asyncio.timeout(20):
        while True:
            reply = await play.client.get("/admin/logs?limit=200")
            assert reply.status_code == 200, reply.text
            records = reply.json()["records"]
            kept = [each for each in records if each["status"] is not None]
            if sum((each["path"] or "").startswith("/v1") for each in kept) >= 13:
                assert isinstance(records, list)
                return records


async def shown(play: Stage) -> list[str]:
    """Everything that the log shows."""
    ids = [record["id"] for record in await written(play)]
    paths = [f"/admin/logs/{each}{what}" for each in ids for what in ("", "/capsule")]
    pages = (
        "/admin/logs?limit=200",
        "/admin/error-logs",
        "/admin/error-logs/raw",
        "/metrics",
        "/health/details",
        "/admin/audit",
        "/admin/usage-stats/export",
        "/admin/settings",
    )
    return [(await play.client.get(path)).text for path in (*pages, *paths)]


def contents(data_dir: Path) -> dict[str, str]:
    """Every file but those that are there for secrets, and the owner's own; what is sealed in them is sealed."""
    files = [path for path in data_dir.rglob("*") if path.is_file() and path.name not in OWN_FILES]
    return {path.name: path.read_bytes().decode("latin-1") for path in files}


async def test_u_05_s_14_no_secret_is_written_or_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with planted(tmp_path) as (play, secrets):
        told = await owner_gives(play, secrets[-1])
        told += await clients_ask(play, secrets)
        told += await page_reports(play, secrets)
        logged = await shown(play)
    leaks = [f"{found(text, secrets)} {text[:800]}" for text in told if found(text, secrets)]
    assert "\n".join(leaks) == ""
    assert [(found(text, secrets), text[:200]) for text in logged if found(text, secrets)] == []
    assert sum("[redacted]" in text for text in logged) > 10
    assert found(capsys.readouterr().err, secrets) == set()
    kept = contents(tmp_path)
    assert {"logs.sqlite", "codex-proxy.sqlite"} <= kept.keys()
    assert {name: found(text, secrets) for name, text in kept.items()} == {key: set() for key in kept}
