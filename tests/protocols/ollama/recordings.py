"""Recorded answers, and the official SDK over a transport that answers with given bytes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ollama import ChatResponse, Client, GenerateResponse

SHARED = Path(__file__).parents[4] / "shared"
CORPUS = SHARED / "corpus" / "ollama"
INFERENCE = ("/api/chat", "/api/generate")


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


def answers(*, failed: bool) -> list[Path]:
    """Files of the corpus about an answer of the model: those that hold one, or an HTTP error."""
    if not CORPUS.is_dir():
        return []
    found = [path for path in sorted(CORPUS.glob("*.json")) if load(path)["request"]["path"] in INFERENCE]
    return [path for path in found if (load(path)["response"]["status"] >= 400) is failed]


def require() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no recorded traffic: it is kept outside the repository")


def client_of(content: bytes, *, status: int = 200) -> Client:
    """The SDK, whose every request is answered with these bytes."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    return Client(host="http://127.0.0.1:9", transport=transport)


def chat_parts(content: bytes) -> Iterator[ChatResponse]:
    """What the SDK makes of a chat stream, line by line."""
    return client_of(content).chat(model="m", messages=[], stream=True)


def generate_parts(content: bytes) -> Iterator[GenerateResponse]:
    """The same of a generate stream."""
    return client_of(content).generate(model="m", prompt="x", stream=True)
