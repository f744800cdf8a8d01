"""The client role: what a vendor is asked, and the round trip through our own server role."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, ToolKind
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import (
    Dialect,
    Request,
    Role,
    SchemaOutput,
    Turn,
)
from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts, Profile, Target, UpstreamIdentity
from codex_proxy.canonical.tools import CustomTool, FunctionTool
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, ClientCodec, UpstreamCall
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.request import parse_request
from codex_proxy.protocols.openai_chat.server import ChatServer


def target(**members: Any) -> Target:
    return Target(
        model=ModelFacts(slug="vendor-model"),
        credential=Credential(token="key"),
        client=ClientIdentity(
            profile=Profile.DESKTOP, engine_version="1", desktop_version="1", platform="", arch="", terminal="",
            installation_id="",
        ),
        identity=UpstreamIdentity(session_id="s", thread_id="t", turn_id="u"),
        now=0.0,
        **members,
    )  # fmt: skip


def asks(**members: Any) -> Request:
    turns = (Turn(role=Role.USER, blocks=(Text(text="hi"),)),)
    return Request(**{"dialect": Dialect.ANTHROPIC, "model": "m", "turns": turns, **members})


def call_of(request: Request, profile: ChatProfile | None = None, **members: Any) -> UpstreamCall:
    return ChatClient(profile).build_call(request, target(**members))


def body_of(request: Request, profile: ChatProfile | None = None, **members: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(call_of(request, profile, **members).body)
    return body


LS = FunctionTool(name="ls", parameters={"type": "object", "properties": {}}, strict=False)
PATCH = CustomTool(name="patch")


def test_it_is_a_client_codec() -> None:
    codec: ClientCodec = ChatClient()
    assert codec.dialect is Dialect.OPENAI_CHAT


def test_a_call_says_who_and_what() -> None:
    call = call_of(asks(stream=True), ChatProfile(headers=(("x-title", "Codex Proxy"),)))
    assert (call.method, call.path) == ("POST", "/chat/completions")
    assert call.headers == (
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
        ("authorization", "Bearer key"),
        ("x-title", "Codex Proxy"),
    )
    assert json.loads(call.body) == {
        "model": "vendor-model",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert call.sent_fields == {"model", "messages", "stream", "stream_options"}
    assert call.notes == ()


def test_a_schema_of_another_dialects_client_is_closed_and_its_answer_freed_of_nulls() -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
    request = asks(dialect=Dialect.GEMINI, output=SchemaOutput(name="s", schema=schema))
    asked = body_of(request)["response_format"]["json_schema"]
    inner = asked["schema"]["properties"]["value"]["items"]
    assert (asked["strict"], inner["properties"]) == (True, {"a": {"type": ["string", "null"]}})
    call = call_of(request)
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": '{"value":[{"a":null}]}'}}
    whole = ChatClient().parse_response(call, json.dumps({"choices": [choice]}).encode())
    chunk = {"choices": [{"index": 0, "delta": {"content": '{"value":[{"a":null}]}'}, "finish_reason": "stop"}]}
    stream = ChatClient().open_stream(call)
    steps = [*stream.feed(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()), *stream.end()]
    for events in (whole, [event for step in steps for event in step.events]):
        assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ["[{}]"]


def test_a_chat_request_survives_the_way_through_us() -> None:
    sent = {
        "model": "vendor-model",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {
                "role": "assistant",
                "content": "x",
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "ls", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "a", "content": "1"},
        ],
        "tools": [{"type": "function", "function": {"name": "ls", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
        "temperature": 0.2,
        "max_completion_tokens": 5,
        "reasoning_effort": "low",
        "min_p": 0.1,
    }
    parsed = parse_request(json.dumps(sent).encode(), {})
    assert parsed.notes == ()
    assert body_of(parsed.request) == sent


def test_models_of_one_vendor_may_differ() -> None:
    plain, tagged = ChatProfile(path="/{model}/chat"), ChatProfile(path="/{model}/chat", think_tags=True)
    client = ChatClient(profile_of=lambda model: tagged if model.startswith("deep") else plain)
    made = {}
    for slug in ("deep/think", "plain"):
        call = client.build_call(asks(), msgspec.structs.replace(target(), model=ModelFacts(slug=slug)))
        message = {"content": "<think>why</think>so"}
        events = client.parse_response(call, json.dumps({"choices": [{"message": message}]}).encode())
        made[call.path] = [event.text for event in events if isinstance(event, ev.TextEnded)]
    assert made == {"/deep/think/chat": ["so"], "/plain/chat": ["<think>why</think>so"]}


def test_errors_and_headers_are_read() -> None:
    failure = ChatClient().parse_failure(429, {"retry-after": "3"}, b'{"error":{"message":"m"}}')
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.RATE_LIMITED, 3.0)
    assert ChatClient().parse_headers({"x-request-id": "v"}).request_id == "v"
    assert ChatClient().parse_headers({"apim-request-id": "a"}).request_id == "a"
    assert ChatClient().parse_headers({}).request_id is None


def test_what_a_disguised_tool_was_called_with_is_unwrapped() -> None:
    call = call_of(asks(tools=(PATCH,)))
    function = {"name": "patch", "arguments": '{"input":"*** End"}'}
    message = {"content": None, "tool_calls": [{"id": "a", "type": "function", "function": function}]}
    body = json.dumps({"id": "c", "choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode()
    started = next(event for event in ChatClient().parse_response(call, body) if isinstance(event, ev.ToolCallStarted))
    assert started.kind is ToolKind.CUSTOM


WORDS = st.text(min_size=1, max_size=5)
IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")


@st.composite
def answers(draw: st.DrawFn) -> list[ev.Event]:
    """An answer that this dialect can say whole: thoughts, then text or refusal, then calls."""
    events: list[ev.Event] = [ev.ResponseStarted(response_id=f"chatcmpl-{IDS.token}", model="m", created_at=7)]
    block = 0
    if draw(st.booleans()):
        pieces = draw(st.lists(WORDS, min_size=1, max_size=3))
        deltas = [ev.ThinkingDelta(block=block, text=piece) for piece in pieces]
        events += [ev.ThinkingStarted(block=block), *deltas]
        events.append(ev.ThinkingEnded(block=block, summary=("".join(pieces),)))
        block += 1
    if draw(st.booleans()):
        pieces = draw(st.lists(WORDS, min_size=1, max_size=3))
        texts = [ev.TextDelta(block=block, text=piece) for piece in pieces]
        events += [ev.TextStarted(block=block), *texts, ev.TextEnded(block=block, text="".join(pieces))]
        block += 1
    calls = [(block + number, f"call_{number}", draw(WORDS)) for number in range(draw(st.integers(0, 2)))]
    kinds = [draw(st.sampled_from(ToolKind)) for _ in calls]
    for (number, call_id, text), kind in zip(calls, kinds, strict=True):
        events.append(ev.ToolCallStarted(block=number, call_id=call_id, name="tool", kind=kind))
        events.append(ev.ToolCallDelta(block=number, text=text))
    events += [ev.ToolCallEnded(block=number, arguments=text) for number, _, text in calls]
    events.append(ev.UsageReported(usage=Usage(input_tokens=draw(st.integers(0, 9)), output_tokens=3)))
    reasons = st.sampled_from(["max_output_tokens", "content_filter"])
    ending = draw(st.builds(ev.Completed) | st.builds(ev.Incomplete, reason=reasons))
    return [*events, ev.ResponseEnded(ending=ending, service_tier="default")]


@given(answers(), st.integers(1, 200))
def test_what_we_write_we_read(events: list[ev.Event], size: int) -> None:
    request = asks(stream=True, include_usage=True)
    encoder = ChatServer().open_stream(request, IDS)
    wire = b"".join(encoder.encode([event]) for event in events) + encoder.finish()
    decoder = ChatClient().open_stream(call_of(request))
    steps = [step for start in range(0, len(wire), size) for step in decoder.feed(wire[start : start + size])]
    assert [event for step in [*steps, *decoder.end()] for event in step.events] == events


@given(answers())
def test_the_whole_answer_is_the_folded_stream(events: list[ev.Event]) -> None:
    request = asks()
    reply = ChatServer().encode_response(request, fold(events), IDS)
    read = fold(ChatClient().parse_response(call_of(request), reply.body))
    assert [part.block for part in read.parts] == [part.block for part in fold(events).parts]
    assert (read.usage, read.ending) == (fold(events).usage, fold(events).ending)


def test_a_clients_own_body_goes_with_the_vendors_name_of_the_model() -> None:
    body = b'{ "model": "theirs", "stream": true, "temperature": 0.10, "x": {"y": 1.0} }'
    request = asks(dialect=Dialect.OPENAI_CHAT, stream=True)
    call = ChatClient(ChatProfile(headers=(("x-title", "t"),))).pass_call(request, target(), body)
    assert call is not None
    assert json.loads(call.body) == json.loads(body) | {
        "model": "vendor-model",
        "stream_options": {"include_usage": True},
    }
    assert b'"temperature": 0.10, "x": {"y": 1.0} }' in call.body
    assert (call.headers[-1], call.left_out is not None, call.context.relays) == (("x-title", "t"), True, False)
    whole = ChatClient().pass_call(asks(dialect=Dialect.OPENAI_CHAT), target(), b'{"model":"a"}')
    assert whole is not None
    assert (whole.body, whole.left_out) == (b'{"model":"vendor-model"}', None)
    assert ChatClient(ChatProfile(passes=False)).pass_call(request, target(), body) is None


def test_stops_are_the_gateways_where_the_vendor_takes_none() -> None:
    assert ChatClient().takes_stops
    assert not ChatClient(ChatProfile(refuses=("stop",))).takes_stops
