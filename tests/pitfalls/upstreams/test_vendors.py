"""Traps of section 8: vendors that speak other dialects than the backend."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolCall
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.target import ModelFacts, Target
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, Thinks
from codex_proxy.protocols.base import ClientCodec, ServerCodec, UpstreamCall
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.ollama.client import OllamaClient
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from tests.pitfalls.talk import (
    ANTHROPIC,
    CHAT,
    GEMINI,
    LOOSE,
    OLLAMA,
    PNG,
    RESPONSES,
    SERVERS,
    body_of,
    failed,
    message,
    parsed,
    retold,
    user,
)
from tests.protocols.codex.parts import target

TOOL = {"type": "function", "name": "f", "description": "d", "parameters": LOOSE, "strict": False}
CALLED = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
ANSWERED = {"type": "function_call_output", "call_id": "c", "output": "r"}
TALK: list[dict[str, Any]] = [{"role": "user", "content": "u"}, message("hm"), CALLED, ANSWERED]


def at(slug: str = "m", **changes: Any) -> Target:
    return target(model=ModelFacts(slug=slug, efforts=("low", "medium", "high")), **changes)


def asks(vendor: ClientCodec, server: ServerCodec = RESPONSES, slug: str = "m", **members: Any) -> dict[str, Any]:
    """The body that a vendor gets."""
    made: dict[str, Any] = json.loads(vendor.build_call(parsed(server, **members), at(slug)).body)
    return made


def answers(vendor: ClientCodec, body: Any) -> list[ev.Event]:
    """What a vendor's whole answer means."""
    return vendor.parse_response(UpstreamCall(method="POST", path="/", headers=()), json.dumps(body).encode())


def said(answer: dict[str, Any], **members: Any) -> list[ev.Event]:
    """A chat vendor's answer."""
    choice = {"index": 0, "message": {"role": "assistant"} | answer, "finish_reason": "stop"} | members
    return answers(ChatClient(), {"id": "x", "model": "m", "choices": [choice]})


def test_p8_1_chat_vendors_get_nested_tools() -> None:
    body = asks(ChatClient(), tools=[TOOL], tool_choice={"type": "function", "name": "f"})
    assert body["tools"][0]["function"]["name"] == "f"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}


def test_p8_2_chat_vendors_get_a_nested_schema() -> None:
    wish = {"type": "json_schema", "name": "n", "schema": LOOSE}
    body = asks(ChatClient(), text={"format": wish})
    assert "text" not in body
    assert body["response_format"]["json_schema"]["name"] == "n"


def test_p8_3_anthropic_vendors_get_their_own_tools() -> None:
    body = asks(AnthropicClient(), tools=[TOOL], tool_choice="required")
    assert {"name", "description", "input_schema"} <= body["tools"][0].keys()
    assert body["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_p8_4_an_answer_has_room_beside_its_thoughts(effort: str) -> None:
    vendor = AnthropicClient(AnthropicProfile(thinks=Thinks.BUDGET, effort=False, max_tokens=8192))
    body = asks(vendor, reasoning={"effort": effort}, max_output_tokens=8192)
    assert body["max_tokens"] > body["thinking"]["budget_tokens"]


def test_p8_5_an_inline_picture_is_no_link() -> None:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}
    body = asks(AnthropicClient(), input=user(picture))
    source = body["messages"][0]["content"][0]["source"]
    assert source == {"type": "base64", "media_type": "image/png", "data": PNG}


@pytest.mark.parametrize(("vendor", "field"), [(AnthropicClient(), "messages"), (GeminiClient(), "contents")])
def test_p8_6_roles_alternate(vendor: ClientCodec, field: str) -> None:
    talk = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, message("c"), message("d")]
    roles = [each["role"] for each in asks(vendor, input=talk)[field]]
    assert len(roles) == len(set(roles)) == 2


def test_p8_7_gemini_vendors_get_tools_and_named_results() -> None:
    body = asks(GeminiClient(), tools=[TOOL], input=TALK)
    assert body["tools"][0]["functionDeclarations"][0]["name"] == "f"
    parts = [part for content in body["contents"] for part in content["parts"]]
    assert [part["functionResponse"]["name"] for part in parts if "functionResponse" in part] == ["f"]


def test_p8_8_calls_without_a_signed_thought_forbid_thinking() -> None:
    asked = chat_turn()
    assert "thinking" in asks(AnthropicClient(), CHAT, messages=asked[:1], reasoning_effort="high")
    assert "thinking" not in asks(AnthropicClient(), CHAT, messages=asked, reasoning_effort="high")


def chat_turn(**members: Any) -> list[dict[str, Any]]:
    called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = {"role": "assistant", "content": "hm", "tool_calls": [called]} | members
    return [{"role": "user", "content": "u"}, answer, {"role": "tool", "tool_call_id": "c", "content": "r"}]


def test_p8_9_vendors_that_want_their_thoughts_back_get_them() -> None:
    vendor = ChatClient(ChatProfile(reasoning_echo="reasoning_content"))
    body = asks(vendor, CHAT, messages=chat_turn(reasoning_content="because"))
    assert body["messages"][1]["reasoning_content"] == "because"


def test_p8_10_words_and_calls_of_one_answer_are_one_message() -> None:
    _, answer, result = asks(ChatClient(), input=TALK)["messages"]
    assert (answer["content"], answer["tool_calls"][0]["id"], result["role"]) == ("hm", "c", "tool")


@pytest.mark.parametrize(
    ("vendor", "place"),
    [
        (ChatClient(), ("temperature",)),
        (ResponsesClient(), ("temperature",)),
        (AnthropicClient(AnthropicProfile(thinks=Thinks.NONE)), ("temperature",)),
        (GeminiClient(), ("generationConfig", "temperature")),
        (OllamaClient(), ("options", "temperature")),
    ],
)
def test_p8_11_sampling_goes_to_vendors_that_take_it(vendor: ClientCodec, place: tuple[str, ...]) -> None:
    found: Any = asks(vendor, CHAT, temperature=0.25)
    for name in place:
        found = found[name]
    assert found == 0.25


@pytest.mark.parametrize("server", SERVERS)
def test_p8_12_a_vendors_error_is_told_in_the_clients_own_form(server: ServerCodec) -> None:
    body = b'{"type": "error", "error": {"type": "invalid_request_error", "message": "bad thing"}}'
    failure = AnthropicClient().parse_failure(400, {}, body)
    told = body_of(failed(server, failure))
    own = body_of(failed(server, Failure(kind=FailureKind.INVALID_REQUEST, message="bad thing")))
    assert told.keys() == own.keys()
    assert set(own["error"]) <= set(told["error"])
    assert "bad thing" in json.dumps(told)


A = {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    ("vendor", "body"),
    [
        (ChatClient(), {"id": "x", "choices": [{"message": {"content": "a"}, "finish_reason": "length"}]}),
        (
            AnthropicClient(),
            {"type": "message", "content": [{"type": "text", "text": "a"}], "stop_reason": "max_tokens"},
        ),
        (GeminiClient(), {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "MAX_TOKENS"}]}),
        (OllamaClient(), {"model": "m", "message": {"content": "a"}, "done": True, "done_reason": "length"}),
    ],
)
def test_p8_13_an_answer_cut_short_is_known_as_such(vendor: ClientCodec, body: dict[str, Any]) -> None:
    ending = fold(answers(vendor, body)).ending
    assert isinstance(ending, ev.Incomplete)
    assert retold(CHAT, answers(vendor, body))[-1]["choices"][0]["finish_reason"] == "length"


def test_p8_14_anthropics_cached_tokens_are_input_too() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 11, "output_tokens": 2}
    body = {"type": "message", "content": [A], "stop_reason": "end_turn", "usage": usage}
    told = fold(answers(AnthropicClient(), body)).usage
    assert told is not None
    assert (told.input_tokens, told.cached_tokens, told.cache_write_tokens) == (23, 7, 11)


def test_p8_15_geminis_thoughts_are_no_text() -> None:
    parts = [{"text": "secret", "thought": True}, {"text": "said"}]
    events = answers(GeminiClient(), {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})
    assert "".join(each.text for each in events if isinstance(each, ev.TextDelta)) == "said"
    assert any(isinstance(each, ev.ThinkingDelta) for each in events)


ODD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {"a": {"type": ["string", "null"]}},
}


def test_p8_17_gemini_vendors_get_a_schema_they_take() -> None:
    tool = TOOL | {"parameters": ODD}
    (whole,) = asks(GeminiClient(), tools=[tool])["tools"][0]["functionDeclarations"]
    assert whole["parametersJsonSchema"]["properties"]["a"]["type"] == ["string", "null"]
    (subset,) = asks(GeminiClient(GeminiProfile(json_schema=False)), tools=[tool])["tools"][0]["functionDeclarations"]
    assert not {"$schema", "additionalProperties"} & subset["parameters"].keys()
    assert isinstance(subset["parameters"]["properties"]["a"]["type"], str)


@pytest.mark.parametrize(("known", "role"), [(False, "system"), (True, "developer")])
def test_p8_18_developers_speak_as_the_system_where_nobody_knows_them(known: bool, role: str) -> None:
    talk = [{"role": "developer", "content": "d"}, {"role": "user", "content": "u"}]
    body = asks(ChatClient(ChatProfile(developer_role=known)), CHAT, messages=talk)
    assert body["messages"][0]["role"] == role


@pytest.mark.parametrize(
    ("vendor", "server", "members"),
    [
        (ChatClient(), CHAT, {"seed": 7, "logit_bias": {"1": 2}, "brand_new": {"x": 1}}),
        (ResponsesClient(), RESPONSES, {"truncation": "auto", "brand_new": {"x": 1}}),
        (AnthropicClient(), ANTHROPIC, {"top_k": 3, "brand_new": {"x": 1}}),
        (GeminiClient(), GEMINI, {"brandNew": {"x": 1}}),
        (OllamaClient(), OLLAMA, {"options": {"mirostat": 2}, "brand_new": {"x": 1}}),
    ],
)
def test_p8_19_a_client_of_the_vendors_dialect_loses_nothing(
    vendor: ClientCodec, server: ServerCodec, members: dict[str, Any]
) -> None:
    body = asks(vendor, server, **members)
    assert {name: body.get(name) for name in members} == members


@pytest.mark.parametrize(
    "calls",
    [
        [{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}],
        [{"index": 0, "function": {"name": "f", "arguments": '{"x":1}'}}],
        [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}],
    ],
)
def test_p8_20_calls_in_every_vendors_form_are_calls(calls: list[dict[str, Any]]) -> None:
    ended = fold(said({"content": None, "tool_calls": calls}))
    (call,) = [part.block for part in ended.parts if isinstance(part.block, ToolCall)]
    assert call.call_id
    assert json.loads(call.arguments) in ({"x": 1}, {})


def test_p8_20_calls_that_all_have_number_0_are_told_apart() -> None:
    chunks = [
        {"id": "a", "index": 0, "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "index": 0, "function": {"name": "f", "arguments": '{"x":2}'}},
    ]
    lines = [{"choices": [{"index": 0, "delta": {"tool_calls": [chunk]}}]} for chunk in chunks]
    lines.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    stream = ChatClient().open_stream(UpstreamCall(method="POST", path="/", headers=()))
    raw = b"".join(b"data: " + json.dumps(line).encode() + b"\n\n" for line in lines)
    events = [each for step in (*stream.feed(raw), *stream.end()) for each in step.events]
    assert [each.arguments for each in events if isinstance(each, ev.ToolCallEnded)] == ['{"x":1}', '{"x":2}']
