"""Answers as vendors give them, each with its own turn of phrase, read by the codec of the vendor's profile.

Source: recorded streams and bodies of the vendors named, shortened to what is peculiar about them.
"""

import json
from typing import Any, Final

import pytest

from codex_proxy.bootstrap.vendors.codecs import codec_of
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Block, Text, Thinking, ToolCall
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.tools import FunctionTool
from codex_proxy.vendors.profile import Wire
from tests.protocols.codex.parts import request, target

PROFILES = packaged_profiles()
LS = FunctionTool(name="ls", parameters={"type": "object", "properties": {}}, strict=False)


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **members: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]} | members


def sse(*frames: Any, done: bool = True, event: str | None = None) -> bytes:
    named = f"event: {event}\n" if event else ""
    lines = [frame if isinstance(frame, str) else f"{named}data: {json.dumps(frame)}\n\n" for frame in frames]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def answer(vendor: str, wire: Wire, answered: bytes, *, size: int = 7, stream: bool = True) -> Response:
    """What the codec makes of these bytes, cut into pieces where they are streamed."""
    codec = codec_of(PROFILES[vendor], wire)
    call = codec.build_call(request(stream=stream, tools=(LS,)), target())
    if not stream:
        return fold(codec.parse_response(call, answered))
    decoder = codec.open_stream(call)
    pieces = [answered[start : start + size] for start in range(0, len(answered), size)]
    steps = [step for piece in pieces for step in decoder.feed(piece)]
    return fold(event for step in [*steps, *decoder.end()] for event in step.events)


def blocks(response: Response) -> list[Block]:
    return [part.block for part in response.parts]


def failed(response: Response) -> FailureKind | None:
    return response.ending.failure.kind if isinstance(response.ending, ev.Failed) else None


CALL: Final = ToolCall(call_id="a", name="ls", arguments='{"p":1}')
HELLO: Final = [Text(text="hello")]


@pytest.mark.parametrize(
    ("vendor", "wire", "expected"),
    [
        pytest.param(
            "openrouter",
            sse(
                ": OPENROUTER PROCESSING\n\n",
                chunk({"content": "hel"}),
                ": OPENROUTER PROCESSING\n\n",
                chunk({"content": "lo"}, "stop"),
            ),
            HELLO,
            id="comments between frames",
        ),
        pytest.param(
            "perplexity",
            sse(
                chunk({"content": "hello"}) | {"citations": ["https://a.example"]},
                chunk({}, "stop", object="chat.completion.done"),
                done=False,
            ),
            HELLO,
            id="no terminator",
        ),
        pytest.param(
            "azure",
            sse(
                {
                    "choices": [],
                    "created": 0,
                    "id": "",
                    "model": "",
                    "object": "",
                    "prompt_filter_results": [{"prompt_index": 0}],
                },
                chunk({"content": "hello"}, "stop"),
            ),
            HELLO,
            id="a first chunk that holds the prompt's filter only",
        ),
        pytest.param(
            "custom",
            sse(
                {"choices": [{"index": 0, "delta": {"content": "hello"}}], "created": 1, "id": "c", "model": "m"},
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "id": "c"},
            ),
            HELLO,
            id="chunks without object, as Copilot sends them",
        ),
        pytest.param(
            "mistral",
            sse(
                chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}]}),
                chunk({"content": [{"type": "text", "text": "hello"}]}, "stop"),
            ),
            [Thinking(summary=("why",)), *HELLO],
            id="content as a list of parts",
        ),
        pytest.param(
            "deepseek",
            sse(chunk({"reasoning_content": "why"}), chunk({"content": "hello"}, "stop")),
            [Thinking(summary=("why",)), *HELLO],
            id="thoughts in reasoning_content",
        ),
        pytest.param(
            "groq",
            sse(chunk({"reasoning": "why", "channel": "analysis"}), chunk({"content": "hello"}, "stop")),
            [Thinking(summary=("why",)), *HELLO],
            id="thoughts in reasoning",
        ),
        pytest.param(
            "openrouter",
            sse(
                chunk({"reasoning_details": [{"type": "reasoning.text", "text": "why", "index": 0}]}),
                chunk({"content": "hello"}, "stop"),
            ),
            [Thinking(summary=("why",)), *HELLO],
            id="thoughts in reasoning_details",
        ),
        pytest.param(
            "together",
            sse(chunk({"content": "<think>\nwhy</think>\n\nhel"}), chunk({"content": "lo"}, "eos")),
            [Thinking(summary=("\nwhy",)), *HELLO],
            id="thoughts in tags, another word for the end",
        ),
        pytest.param(
            "mistral",
            sse(chunk({"tool_calls": [{"id": "a", "function": {"name": "ls", "arguments": '{"p":1}'}}]}, "tool_calls")),
            [CALL],
            id="a call whole in one chunk, without index and type",
        ),
        pytest.param(
            "ollama",
            sse(
                chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "ls", "arguments": {"p": 1}}}]}),
                chunk({}, "stop"),
            ),
            [CALL],
            id="arguments as an object",
        ),
        pytest.param(
            "vllm",
            sse(
                *(
                    chunk(
                        {
                            "tool_calls": [
                                {"index": 0, "id": call_id, "function": {"name": "ls", "arguments": '{"p":1}'}}
                            ]
                        }
                    )
                    for call_id in "ab"
                ),
                chunk({}, "tool_calls"),
            ),
            [CALL, ToolCall(call_id="b", name="ls", arguments='{"p":1}')],
            id="two calls at one index",
        ),
        pytest.param(
            "moonshot",
            json.dumps({"id": "c", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}).encode(),
            HELLO,
            id="a whole body where a stream was asked for",
        ),
    ],
)
def test_what_a_chat_vendor_said(vendor: str, wire: bytes, expected: list[Block]) -> None:
    for size in (1, 7, len(wire)):
        made = answer(vendor, Wire.CHAT, wire, size=size)
        assert blocks(made) == expected
        assert isinstance(made.ending, ev.Completed)


@pytest.mark.parametrize(
    ("vendor", "frames"),
    [
        (
            "groq",
            [
                chunk({"content": "x"}),
                chunk({}, "stop", x_groq={"usage": {"prompt_tokens": 3, "completion_tokens": 4}}),
            ],
        ),
        (
            "moonshot",
            [
                {
                    "id": "c",
                    "choices": [
                        {
                            "index": 0,
                            "delta": {"content": "x"},
                            "finish_reason": "stop",
                            "usage": {"prompt_tokens": 3, "completion_tokens": 4},
                        }
                    ],
                }
            ],
        ),
        (
            "openai",
            [chunk({"content": "x"}, "stop"), chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 4})],
        ),
        ("mistral", [chunk({"content": "x"}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 4})]),
        (
            "xai",
            [
                chunk({"content": "x"}, "stop"),
                chunk(
                    choices=[],
                    usage={
                        "prompt_tokens": 3,
                        "completion_tokens": 1,
                        "total_tokens": 7,
                        "completion_tokens_details": {"reasoning_tokens": 3},
                    },
                ),
            ],
        ),
    ],
)
def test_where_token_counts_stand(vendor: str, frames: list[dict[str, Any]]) -> None:
    usage = answer(vendor, Wire.CHAT, sse(*frames)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (3, 4)


@pytest.mark.parametrize(
    ("vendor", "wire", "kind"),
    [
        ("openrouter", sse({"error": {"code": 429, "message": "Provider returned error"}}), FailureKind.RATE_LIMITED),
        (
            "openrouter",
            sse(chunk({}, "error") | {"error": {"code": 502, "message": "upstream"}}),
            FailureKind.UPSTREAM_ERROR,
        ),
        ("openrouter", sse(chunk({"content": "x"}), chunk({}, "error")), FailureKind.UPSTREAM_ERROR),
        (
            "groq",
            sse(
                {"error": {"message": "no call", "type": "invalid_request_error", "code": "tool_use_failed"}},
                done=False,
                event="error",
            ),
            FailureKind.UPSTREAM_ERROR,
        ),
        ("deepseek", sse(chunk({}, "insufficient_system_resource")), FailureKind.OVERLOADED),
        ("zai", sse(chunk({}, "network_error")), FailureKind.UPSTREAM_ERROR),
        (
            "llamacpp",
            b'{"error":{"code":400,"message":"m","type":"exceed_context_size_error"}}',
            FailureKind.CONTEXT_TOO_LONG,
        ),
        (
            "mistral",
            b'{"object":"error","message":"Service tier capacity exceeded","code":"3505"}',
            FailureKind.GARBLED,
        ),
        ("fireworks", sse(chunk({"content": "x"}), done=False), FailureKind.DISCONNECTED),
        ("vllm", sse({"object": "error", "error": {"message": "m", "code": 503}}), FailureKind.OVERLOADED),
    ],
)
def test_a_failure_inside_an_answer(vendor: str, wire: bytes, kind: FailureKind) -> None:
    assert failed(answer(vendor, Wire.CHAT, wire)) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "API key not valid",
                        "status": "INVALID_ARGUMENT",
                        "details": [{"reason": "API_KEY_INVALID"}],
                    }
                }
            ],
            FailureKind.UNAUTHORIZED,
        ),
        (
            429,
            [{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}],
            FailureKind.RATE_LIMITED,
        ),
        (
            404,
            {"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}},
            FailureKind.MODEL_NOT_FOUND,
        ),
    ],
)
def test_errors_of_gemini_may_be_lists(status: int, body: Any, kind: FailureKind) -> None:
    codec = codec_of(PROFILES["gemini"], Wire.GEMINI)
    assert codec.parse_failure(status, {}, json.dumps(body).encode()).kind is kind


GEMINI_ANSWER: Final = {"candidates": [{"content": {"parts": [{"text": "hello"}]}, "finishReason": "STOP"}]}


@pytest.mark.parametrize(
    "wire",
    [
        sse(GEMINI_ANSWER, done=False).replace(b"\n", b"\r\n"),
        json.dumps([GEMINI_ANSWER]).encode(),
        json.dumps(GEMINI_ANSWER).encode(),
    ],
)
def test_streams_of_gemini_in_any_form(wire: bytes) -> None:
    assert blocks(answer("gemini", Wire.GEMINI, wire)) == HELLO


def test_an_error_inside_a_stream_of_gemini_may_be_a_list() -> None:
    error = [{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}]
    assert failed(answer("gemini", Wire.GEMINI, json.dumps(error).encode())) is FailureKind.OVERLOADED


def message(reason: str, *content: dict[str, Any]) -> list[dict[str, Any]]:
    """A streamed message of Anthropic's."""
    start = {"type": "message_start", "message": {"id": "msg", "model": "m", "content": [], "usage": {}}}
    blocks = [
        told
        for index, block in enumerate(content)
        for told in (
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_stop", "index": index},
        )
    ]
    return [start, *blocks, {"type": "message_delta", "delta": {"stop_reason": reason}}, {"type": "message_stop"}]


def test_a_paused_turn_is_no_end_of_the_answer() -> None:
    search = {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"query": "q"}}
    made = answer("anthropic", Wire.ANTHROPIC, sse(*message("pause_turn", search), done=False))
    assert isinstance(made.ending, ev.Incomplete)
    assert made.ending.reason == "max_messages"


def test_an_error_inside_a_stream_of_messages() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    wire = sse(*message("end_turn")[:1], error, done=False)
    assert failed(answer("anthropic", Wire.ANTHROPIC, wire)) is FailureKind.OVERLOADED


def test_a_message_where_a_stream_was_asked_for() -> None:
    whole = {"type": "message", "content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn"}
    assert blocks(answer("anthropic", Wire.ANTHROPIC, json.dumps(whole).encode())) == HELLO


ITEM: Final = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]}
RESPONSE: Final = {"id": "r", "object": "response", "model": "m", "status": "completed", "output": [ITEM]}


@pytest.mark.parametrize("stream", [True, False])
def test_a_response_where_a_stream_was_asked_for_and_the_other_way_round(stream: bool) -> None:
    whole = json.dumps(RESPONSE).encode()
    streamed = sse({"type": "response.completed", "response": RESPONSE}, done=False)
    assert blocks(answer("xai", Wire.RESPONSES, whole, stream=stream)) == HELLO
    assert blocks(answer("custom", Wire.CODEX_RESPONSES, streamed, stream=stream)) == HELLO
