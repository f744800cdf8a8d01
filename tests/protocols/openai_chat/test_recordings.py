"""Recorded traffic: what we read must be what the official SDK reads from the same bytes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import APIError, OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, Thinking, ToolCall
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.protocols.base import CallContext, UpstreamCall
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.request import looks_like_responses
from codex_proxy.protocols.openai_chat.server import ChatServer

SHARED = Path(__file__).parents[4] / "shared"
CORPUS = SHARED / "corpus" / "openai-chat"
CAPTURES = [SHARED / "captures" / name for name in ("openai-python", "openai-node", "opencode", "aider")]
CALL = UpstreamCall(method="POST", path="/chat/completions", headers=(), context=CallContext(model="asked"))

pytestmark = pytest.mark.recordings

# Two answers, one after the other, in one file: the accumulator glues the arguments of both calls to "{}{}".
TWO_ANSWERS = "ai--cerebras-cererebras-structured-output-tools-1-chunks--0"


def recordings() -> list[Path]:
    return sorted(CORPUS.glob("*.json")) if CORPUS.is_dir() else []


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


def require(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip(f"no recorded traffic at {folder.name}")


def ours(recording: dict[str, Any]) -> Response:
    response = recording["response"]
    if "stream" not in response:
        return fold(ChatClient().parse_response(CALL, json.dumps(response["body"]).encode()))
    stream = ChatClient().open_stream(CALL)
    wire = response["stream"][0].encode()
    steps = [step for start in range(0, len(wire), 997) for step in stream.feed(wire[start : start + 997])]
    return fold(event for step in [*steps, *stream.end()] for event in step.events)


def sdk(recording: dict[str, Any]) -> ChatCompletion:
    """The same bytes through the SDK: its parser, its accumulator."""
    response = recording["response"]
    streamed = "stream" in response
    content = response["stream"][0] if streamed else json.dumps(response["body"])
    media_type = "text/event-stream" if streamed else "application/json"
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, text=content, headers={"content-type": media_type})
    )
    with OpenAI(api_key="x", http_client=httpx.Client(transport=transport), max_retries=0) as client:
        if not streamed:
            return client.chat.completions.create(model="m", messages=[])
        state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
        chunks: list[ChatCompletionChunk] = list(client.chat.completions.create(model="m", messages=[], stream=True))
        for chunk in chunks:
            mend(chunk)
            state.handle_chunk(chunk)
        return state.current_completion_snapshot


def test_the_corpus_is_there() -> None:
    require(CORPUS)
    assert len(recordings()) >= 90


def mend(chunk: ChatCompletionChunk) -> None:
    """What the accumulator fails on: lists without ``index`` (OpenRouter's citations, Mistral's calls)."""
    for choice in chunk.choices:
        (choice.delta.model_extra or {}).pop("annotations", None)
        for position, call in enumerate(choice.delta.tool_calls or []):
            call.index = position if call.index is None else call.index


def text_of(response: Response) -> str:
    return "".join(part.block.text for part in response.parts if isinstance(part.block, Text))


def calls_of(response: Response) -> list[tuple[str, str, str]]:
    blocks = [part.block for part in response.parts]
    return [(block.call_id, block.name, block.arguments) for block in blocks if isinstance(block, ToolCall)]


def sdk_calls(message: Any) -> list[tuple[str, str, str]]:
    calls = []
    for call in message.tool_calls or []:
        if call.type == "custom":
            calls.append((call.id, call.custom.name, call.custom.input))
        else:
            calls.append((call.id, call.function.name, call.function.arguments or "{}"))
    return calls


def sdk_thoughts(message: Any) -> str:
    extra = message.model_extra or {}
    return extra.get("reasoning_content") or extra.get("reasoning") or ""


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_a_recorded_answer_says_what_the_sdk_says(path: Path) -> None:
    recording = load(path)
    if recording["response"]["status"] >= 400:
        check_failure(recording)
        return
    response = ours(recording)
    try:
        expected = sdk(recording)
    except APIError as error:
        assert isinstance(response.ending, ev.Failed)
        assert response.ending.failure.message == error.message
        return
    choice = expected.choices[0]
    audio = choice.message.audio
    assert text_of(response) == (choice.message.content or (audio.transcript if audio else ""))
    if path.stem == TWO_ANSWERS:
        assert [(name, arguments) for _, name, arguments in calls_of(response)] == [("nonUsefulTool", "{}")] * 2
    elif choice.message.function_call is not None:
        function = choice.message.function_call
        assert [call[1:] for call in calls_of(response)] == [(function.name, function.arguments)]
    else:
        assert calls_of(response) == sdk_calls(choice.message)
    thoughts = "".join("".join(part.block.summary) for part in response.parts if isinstance(part.block, Thinking))
    assert thoughts == sdk_thoughts(choice.message)
    check_end(response, choice.finish_reason)
    check_usage(response, expected)


def check_end(response: Response, word: str | None) -> None:
    if word in {"length", "content_filter"}:
        assert isinstance(response.ending, ev.Incomplete)
    else:
        assert isinstance(response.ending, ev.Completed)


def check_usage(response: Response, expected: ChatCompletion) -> None:
    told = expected.usage
    if told is None:
        x_groq = (expected.model_extra or {}).get("x_groq") or {}
        assert (response.usage is None) == (not x_groq.get("usage"))
        return
    assert response.usage is not None
    assert response.usage.input_tokens == told.prompt_tokens
    details = told.completion_tokens_details
    reasoning = (details.reasoning_tokens if details else None) or 0
    apart = reasoning and told.total_tokens == told.prompt_tokens + told.completion_tokens + reasoning  # xAI
    assert response.usage.output_tokens == told.completion_tokens + (reasoning if apart else 0)
    if details is not None:
        assert response.usage.reasoning_tokens == reasoning
    if told.prompt_tokens_details is not None and told.prompt_tokens_details.cached_tokens:
        assert response.usage.cached_tokens == told.prompt_tokens_details.cached_tokens


EXPECTED_KINDS = {
    401: {FailureKind.UNAUTHORIZED},
    403: {FailureKind.FORBIDDEN},
    404: {FailureKind.MODEL_NOT_FOUND},
    429: {FailureKind.RATE_LIMITED},
    500: {FailureKind.UPSTREAM_ERROR},
    400: {
        FailureKind.INVALID_REQUEST,
        FailureKind.CONTEXT_TOO_LONG,
        FailureKind.UNSUPPORTED_PARAMETER,
        FailureKind.MODEL_NOT_FOUND,
        FailureKind.UPSTREAM_ERROR,  # Groq's tool_use_failed: the model's doing, worth another try
    },
}


def check_failure(recording: dict[str, Any]) -> None:
    response = recording["response"]
    failure = ChatClient().parse_failure(response["status"], {}, json.dumps(response["body"]).encode())
    assert failure.kind in EXPECTED_KINDS[response["status"]]
    assert failure.message
    assert not failure.message.startswith("the vendor answered")


def captured_chats() -> list[Path]:
    return [path for folder in CAPTURES for path in sorted(folder.glob("*chat-completions.json"))]


def test_the_captures_are_there() -> None:
    require(CAPTURES[0])
    assert len(captured_chats()) >= 15


@pytest.mark.parametrize("path", captured_chats(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_captured_request_parses_without_loss(path: Path) -> None:
    capture = load(path)
    assert not looks_like_responses(capture["body"])
    headers = {name.lower(): value for name, value in capture["headers"]}
    parsed = ChatServer().parse_request(json.dumps(capture["body"]).encode(), headers=headers)
    assert parsed.notes == ()
    assert parsed.request.model == capture["body"]["model"]
    assert len(parsed.request.turns) == len(capture["body"]["messages"])
    assert parsed.request.extra == {}
