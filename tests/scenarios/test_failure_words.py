"""Failures before an endpoint is known: a client reads them in its own dialect."""

from pathlib import Path

import httpx
import pytest

from tests.scenarios.stage import stage

ASKED = {"model": "gpt-5.4", "messages": []}
ANTHROPIC = {"anthropic-version": "2023-06-01", "x-api-key": "wrong"}
GOOGLE = {"x-goog-api-key": "wrong"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "where"),
    [
        ("POST", "/v1/chat/completions", {"authorization": "Bearer wrong"}, ("error", "code", "invalid_api_key")),
        ("POST", "/v1/messages", {"x-api-key": "wrong"}, ("error", "type", "authentication_error")),
        ("GET", "/v1/models", ANTHROPIC, ("error", "type", "authentication_error")),
        ("POST", "/v1beta/models/m:generateContent", GOOGLE, ("error", "status", "UNAUTHENTICATED")),
        ("GET", "/v1/models", GOOGLE, ("error", "status", "UNAUTHENTICATED")),
    ],
)
async def test_a_wrong_key(
    method: str, path: str, headers: dict[str, str], where: tuple[str, str, str], tmp_path: Path
) -> None:
    async with stage(tmp_path) as played, httpx.AsyncClient(base_url=played.url, trust_env=False, timeout=60) as client:
        reply = await client.request(method, path, headers=headers, json=ASKED if method == "POST" else None)
    outer, member, word = where
    assert reply.status_code == 401
    assert reply.json()[outer][member] == word
