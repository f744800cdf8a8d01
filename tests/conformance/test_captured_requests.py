"""Requests of the real Codex CLI with a ChatGPT login, as captured: the simulator accepts each one that it serves."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

from scripts.evidence.captures import FILLER, NotARequest, Scope, read
from tests.conformance.conftest import any_token
from tests.simulator.asking import backend

CAPTURES = Path(__file__).parents[3] / "shared" / "captures" / "codex-cli"
GROUPS = ("a1", "a3", "f1", "f2", "f3", "f4")
SERVED = {
    "/backend-api/codex/responses",
    "/backend-api/codex/responses/compact",
    "/backend-api/codex/models",
    "/backend-api/wham/accounts/check",
    "/backend-api/wham/usage",
    "/backend-api/wham/settings/user",
}
OURS = {"authorization", "chatgpt-account-id", "content-length", "host", "content-encoding", "connection"}


def captured() -> list[Path]:
    """The files of these groups."""
    folders = [folder for group in GROUPS for folder in sorted(CAPTURES.glob(f"{group}*"))]
    return [path for folder in folders for path in sorted(folder.glob("*-req-*.json"))]


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
