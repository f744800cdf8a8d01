"""Recorded traffic, and the official SDK over a transport that answers with given bytes."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

SHARED = Path(__file__).parents[4] / "shared"
CORPUS = SHARED / "corpus" / "openai-chat"
CAPTURES = [SHARED / "captures" / name for name in ("openai-python", "openai-node", "opencode", "aider")]


def recordings(*, failed: bool) -> list[Path]:
    """Files of the corpus: answers, or HTTP errors."""
    if not CORPUS.is_dir():
        return []
    return [path for path in sorted(CORPUS.glob("*.json")) if (load(path)["response"]["status"] >= 400) is failed]


def recorded_requests() -> list[Path]:
    if not CORPUS.is_dir():
        return []
    return [path for path in sorted(CORPUS.glob("*.json")) if isinstance(load(path)["request"].get("body"), dict)]


def captured_chats() -> list[Path]:
    return [path for folder in CAPTURES for path in sorted(folder.glob("*chat-completions.json"))]


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


def require(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip(f"no recorded traffic: {folder.name} is kept outside the repository")


def client_of(content: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> OpenAI:
    """The SDK, whose every request is answered with these bytes."""
    told = headers or {"content-type": "application/json" if content[:1] == b"{" else "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=content, headers=told))
    return OpenAI(
        api_key="x", base_url="http://127.0.0.1/v1", http_client=httpx2.Client(transport=transport), max_retries=0
    )


def sdk(recording: dict[str, Any]) -> ChatCompletion:
    """The same bytes through the SDK: its parser, its accumulator."""
    response = recording["response"]
    if "stream" not in response:
        with client_of(json.dumps(response["body"]).encode()) as client:
            return client.chat.completions.create(model="m", messages=[])
    with client_of(response["stream"][0].encode()) as client:
        chunks = list(client.chat.completions.create(model="m", messages=[], stream=True))
    return accumulated(chunks)


def accumulated(chunks: list[ChatCompletionChunk]) -> ChatCompletion:
    """What the SDK's own accumulator makes of the chunks."""
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for chunk in chunks:
        mend(chunk)
        state.handle_chunk(chunk)
    whole = state.current_completion_snapshot
    if whole.usage is None:
        whole.usage = groq_usage(chunks[-1])
    return whole


def mend(chunk: ChatCompletionChunk) -> None:
    """What the accumulator fails on: lists without ``index`` (OpenRouter's citations, Mistral's calls)."""
    for choice in chunk.choices:
        (choice.delta.model_extra or {}).pop("annotations", None)
        for position, call in enumerate(choice.delta.tool_calls or []):
            if "index" not in call.model_fields_set:
                call.index = position


def groq_usage(last: ChatCompletionChunk) -> CompletionUsage | None:
    """The accumulator keeps unknown members of the first chunk only; Groq's counts stand in the last."""
    usage = ((last.model_extra or {}).get("x_groq") or {}).get("usage")
    return None if usage is None else CompletionUsage.model_validate(usage)
