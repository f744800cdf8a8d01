"""Section 10: what the product we are measured against does well, and ours does too."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.canonical import events as ev
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import ServerCodec, UpstreamCall
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.transports.scripted import Piece, ScriptedReply
from tests.gateway.scene import COMPLETED, Client, Scene, answering, delta, exchange, refusing, stalling
from tests.gateway.scene import CREATED as BEGUN
from tests.pitfalls.talk import (
    ANTHROPIC,
    CHAT,
    CODEX,
    CODEX_HEADERS,
    CREATED,
    GEMINI,
    IDS,
    INCOMPLETE,
    LOOSE,
    OLLAMA,
    RESPONSES,
    added,
    call,
    done,
    ends,
    event,
    function,
    items,
    parsed,
    sent,
    spoken,
    told,
    understood,
    user,
    whole,
    wire,
)
from tests.scenarios.stage import CHAT as CHAT_PATH
from tests.scenarios.stage import RESPONSES as RESPONSES_PATH
from tests.scenarios.stage import STREAMED_CHAT, Stage, stage
from tests.waiting import until

CLOSED = LOOSE | {"required": ["path"], "additionalProperties": False}
EMPTY: dict[str, Any] = {"type": "object"}
SAID = [{"role": "user", "content": "hi"}]


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    "talk",
    [
        user({"type": "hologram", "data": "x"}, {"type": "text", "text": "u"}),
        [{"role": "narrator", "content": "u"}],
    ],
)
def test_p10_1_unknown_blocks_and_roles_are_no_error(talk: list[dict[str, Any]]) -> None:
    assert "u" in json.dumps(items(ANTHROPIC, messages=talk))


@pytest.mark.parametrize("version", ["1", "2"])
def test_p10_2_the_rotating_block_changes_nothing(version: str) -> None:
    block = {"type": "text", "text": f"x-anthropic-billing-header: cc_version={version}; cch={version};"}
    assert sent(ANTHROPIC, system=[block])["instructions"] == ""


@pytest.mark.parametrize(
    ("server", "tools"),
    [
        (CHAT, [{"type": "function", "function": {"name": "f", "parameters": EMPTY}}]),
        (ANTHROPIC, [{"name": "f", "input_schema": EMPTY}]),
        (GEMINI, [{"functionDeclarations": [{"name": "f", "parameters": EMPTY}]}]),
    ],
)
def test_p10_3_objects_get_properties_and_nothing_else_does(server: ServerCodec, tools: list[Any]) -> None:
    assert sent(server, tools=tools)["tools"][0]["parameters"] == {"type": "object", "properties": {}}
    assert EMPTY == {"type": "object"}
    inner = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": inner}}
    assert sent(CHAT, tools=[tool])["tools"][0]["parameters"] == inner


@pytest.mark.parametrize("strict", [True, False])
def test_p10_4_strictness_that_was_said_stays(strict: bool) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": CLOSED, "strict": strict}}
    assert sent(CHAT, tools=[tool])["tools"][0]["strict"] is strict
    flat = {"type": "function", "name": "f", "parameters": LOOSE, "strict": strict}
    assert sent(RESPONSES, tools=[flat])["tools"][0]["strict"] is strict


def test_p10_5_objects_are_closed_at_every_depth_and_nothing_is_overwritten() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {
        "type": "object",
        "properties": {"one": {"anyOf": [inner, {"type": "null"}]}, "many": {"type": "array", "items": inner}},
        "required": ["one", "many"],
        "$defs": {"d": inner},
    }
    wish = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    made = sent(GEMINI, generationConfig=wish)["text"]["format"]["schema"]
    objects = [made, made["properties"]["one"]["anyOf"][0], made["properties"]["many"]["items"], made["$defs"]["d"]]
    assert [each["additionalProperties"] for each in objects] == [False] * 4
    open_ = CLOSED | {"additionalProperties": {"type": "string"}}
    kept = sent(GEMINI, generationConfig=wish | {"responseJsonSchema": open_})["text"]["format"]["schema"]
    assert kept["additionalProperties"] == {"type": "string"}


GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}


def test_p10_6_grammar_tools_stay_what_they_are_byte_for_byte() -> None:
    nested = {"type": "grammar", "grammar": {name: GRAMMAR[name] for name in ("syntax", "definition")}}
    tool = {"type": "custom", "custom": {"name": "patch", "format": nested}}
    assert sent(CHAT, tools=[tool])["tools"][0] == {"type": "custom", "name": "patch", "format": GRAMMAR}
    text = '*** Begin\n+\t"ünï"\\n\r\n'
    called = {"type": "custom_tool_call", "id": "c", "call_id": "call_p", "name": "patch", "input": text}
    said = whole(CHAT, done(called), ends(), tools=[tool])["choices"][0]["message"]["tool_calls"][0]
    assert said["custom"] == {"name": "patch", "input": text}


@pytest.mark.parametrize("name", ["web_search", "WebSearch"])
def test_p10_7_a_clients_own_search_stays_its_own(name: str) -> None:
    tools = [{"name": name, "input_schema": LOOSE}]
    body = sent(ANTHROPIC, tools=tools, tool_choice={"type": "tool", "name": name})
    assert (body["tools"][0]["type"], body["tool_choice"]) == ("function", {"type": "function", "name": name})


def test_p10_8_arguments_told_only_at_the_end_are_one_piece() -> None:
    frames = [added(function("f", "")), done(function("f", '{"a":1}')), ends()]
    calls = [call for chunk in told(CHAT, *frames) for choice in chunk["choices"] for call in calls_in(choice)]
    assert [call["function"]["arguments"] for call in calls if call["function"].get("arguments")] == ['{"a":1}']


def calls_in(choice: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = choice["delta"].get("tool_calls", [])
    return found


@pytest.mark.parametrize(
    "odd",
    [
        b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":{"x":1}}\n\n',
        b"data: null\n\n",
        b"data: [1,2]\n\n",
        b'event: response.created\ndata: {"type":"response.created"}\n\n',
        b"event: response.output_text.delta\ndata: {broken\n\n",
    ],
)
def test_p10_9_odd_events_are_read_over(odd: bytes) -> None:
    stream = CODEX.open_stream(call(CHAT))
    raw = wire(CREATED) + odd + wire(*spoken("hello"), ends())
    events = [each for step in (*stream.feed(raw), *stream.end()) for each in step.events]
    assert "".join(each.text for each in events if isinstance(each, ev.TextDelta)) == "hello"


@pytest.mark.parametrize(
    "error",
    [
        event("error", code="server_error", message="why"),
        event("error", error={"code": "server_error", "message": "why"}),
        event("error", error="why"),
    ],
)
def test_p10_9_errors_of_every_shape_are_understood(error: dict[str, Any]) -> None:
    last = understood(error)[-1]
    assert isinstance(last, ev.ResponseEnded)
    assert isinstance(last.ending, ev.Failed)
    assert "why" in last.ending.failure.message


def test_p10_9_counts_that_are_no_numbers_are_0() -> None:
    usage = {"input_tokens": "many", "output_tokens": None, "input_tokens_details": 7}
    counted = fold(understood(*spoken("hi"), ends(usage=usage))).usage
    assert counted is None or counted.total_tokens == 0


def test_p10_10_an_answer_cut_short_is_counted() -> None:
    counted = fold(understood(*spoken("hi"), INCOMPLETE)).usage
    assert counted is not None
    assert counted.total_tokens == 29


@pytest.mark.parametrize("usage", [{}, {"usage": None}])
def test_p10_11_a_pictures_tokens_are_counted_apart(usage: dict[str, Any]) -> None:
    tool = {"image_gen": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}}
    counted = fold(understood(*spoken("hi"), ends(tool_usage=tool, **usage))).usage
    assert counted is not None
    assert counted.image is not None
    assert counted.image.total_tokens == 12
    plain = fold(understood(*spoken("hi"), ends())).usage
    assert plain is not None
    assert plain.image is None


async def test_p10_12_an_unknown_earlier_response_asks_nobody(play: Stage) -> None:
    delta_only = [{"type": "function_call_output", "call_id": "c", "output": "r"}]
    body = {"model": "gpt-5.4", "input": delta_only, "previous_response_id": "resp_gone"}
    for headers in ({}, CODEX_HEADERS):
        reply = await play.client.post(RESPONSES_PATH, json=body, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "previous_response_not_found")
    assert await play.asked() == []


async def test_p10_15_a_conversation_lives_where_it_was_answered() -> None:
    scene = Scene()
    limit = {"error": {"code": "usage_limit_reached", "message": "m", "resets_in_seconds": 500}}
    for reply in (refusing(429, limit), answering("one"), answering("two")):
        scene.transport.add(reply)
    for _ in range(2):
        await scene.ask(conversation="c")
    assert scene.callers == ["a", "b", "b"]


async def test_p10_16_a_client_that_leaves_is_nobodys_failure() -> None:
    scene = Scene()
    scene.transport.add(stalling(delta("half")))
    client = Client()
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(scene.gateway.run(exchange(), client))
        await until(lambda: client.text)
        asking.cancel()
    assert scene.records.all[0].failure is None
    assert scene.state("a") is State.ACTIVE


@pytest.mark.parametrize("path", [CHAT_PATH, "/v1/messages", RESPONSES_PATH, "/v1beta/models/gpt-5.4:generateContent"])
async def test_p10_17_turn_state_is_for_codex_clients(play: Stage, path: str) -> None:
    content = {"input": "hi"} if path == RESPONSES_PATH else {"messages": SAID, "contents": "hi", "max_tokens": 9}
    reply = await play.client.post(path, json={"model": "gpt-5.4"} | content)
    assert reply.status_code == 200
    assert "x-codex-turn-state" not in reply.headers


async def test_p10_17_turn_state_reaches_codex_clients(play: Stage) -> None:
    body = {"model": "gpt-5.4", "input": "hi", "stream": True}
    reply = await play.client.post(RESPONSES_PATH, json=body, headers=CODEX_HEADERS)
    assert reply.headers["x-codex-turn-state"]


async def test_p10_18_a_plan_without_the_model_is_left_once_and_an_empty_answer_twice() -> None:
    missing = {"detail": "The 'gpt-5.4' model is not supported when using Codex with a ChatGPT account."}
    plans, empty = Scene(accounts="abcd"), Scene(accounts="abcd")
    for _ in range(4):
        plans.transport.add(refusing(400, missing))
        empty.transport.add(ScriptedReply(body=(Piece(BEGUN), Piece(COMPLETED))))
    for scene in (plans, empty):
        await scene.ask()
    assert (len(set(plans.callers)), len(set(empty.callers))) == (2, 3)


async def test_p10_20_counting_asks_nobody_and_refuses_in_its_own_form(tmp_path: Path) -> None:
    async with stage(tmp_path, AUTH__JWT_TOKEN="null") as play:
        path = "/v1/messages/count_tokens"
        assert (await play.client.post(path, json={"model": "m", "messages": SAID})).json()["input_tokens"]
        refused = await play.client.post(path, json={"model": "m", "messages": 7})
        assert await play.asked() == []
    assert (refused.status_code, refused.json()["type"]) == (400, "error")
    assert refused.json()["error"]["type"] == "invalid_request_error"


async def draw(play: Stage, **members: Any) -> httpx.Response:
    return await play.client.post("/v1/images/generations", json={"prompt": "a cat"} | members)


async def test_p10_21_a_picture_that_cannot_be_made_is_refused_before_anybody_is_asked(play: Stage) -> None:
    reply = await draw(play, output_format="png", output_compression=50)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "output_compression")
    assert await play.asked() == []


async def test_p10_21_words_in_place_of_a_picture_are_a_failure(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: no picture today}]}]") as play:
        reply = await draw(play)
    assert reply.status_code >= 400
    assert "no picture today" in reply.json()["error"]["message"]


async def test_p10_21_the_host_of_pictures_may_have_an_alias(tmp_path: Path) -> None:
    settings = {"MODEL__ALIASES": '{"painter": "gpt-5.4"}', "MODEL__IMAGE_HOST_MODEL": "painter"}
    async with stage(tmp_path, "rules: [{steps: [{image: true}]}]", **settings) as play:
        assert (await draw(play)).status_code == 200
        assert {entry["body"]["model"] for entry in await play.asked()} == {"gpt-5.4"}


@pytest.mark.parametrize("model", ["no-such-model-high", "no-such-model-fast"])
async def test_p10_22_a_suffix_does_not_make_a_model(play: Stage, model: str) -> None:
    reply = await play.chat(model=model)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://localhost:3000", True), ("http://127.0.0.1:8080", True), ("https://a.test", False), ("null", False)],
)
async def test_p10_23_pages_on_loopback_only_may_call(play: Stage, origin: str, allowed: bool) -> None:
    reply = await play.client.get("/v1/models", headers={"origin": origin})
    assert ("access-control-allow-origin" in reply.headers) is allowed


async def test_p10_23_files_may_call_where_the_owner_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, SERVER__CORS_ALLOW_NULL_ORIGIN="true") as play:
        reply = await play.client.get("/v1/models", headers={"origin": "null"})
    assert reply.headers["access-control-allow-origin"] == "null"


async def test_p10_24_no_tool_is_added_and_none_twice(play: Stage) -> None:
    await play.client.post(CHAT_PATH, json=STREAMED_CHAT)
    search = {"type": "web_search_20250305", "name": "web_search"}
    body = {"model": "gpt-5.4", "max_tokens": 9, "messages": SAID, "tools": [search]}
    await play.client.post("/v1/messages", json=body)
    asked = [entry["body"].get("tools", []) for entry in await play.asked()]
    assert [len(tools) for tools in asked] == [0, 1]


@pytest.mark.parametrize("server", [CHAT, ANTHROPIC, OLLAMA, GEMINI])
def test_p10_25_a_vendors_error_in_the_stream_is_told_in_the_clients_form(server: ServerCodec) -> None:
    stream = ChatClient().open_stream(UpstreamCall(method="POST", path="/", headers=()))
    raw = (
        b'data: {"choices":[{"index":0,"delta":{"content":"hel"}}]}\n\ndata: {"error":{"message":"why","code":500}}\n\n'
    )
    events = [each for step in (*stream.feed(raw), *stream.end()) for each in step.events]
    asked = server.open_stream(parsed(server), IDS)
    (*_, last) = [line for line in asked.encode(events).splitlines() if b"why" in line]
    assert b'"error"' in last


def test_p10_26_the_answers_id_is_known_with_its_first_event() -> None:
    stream = CODEX.open_stream(call(CHAT))
    (begun,) = [each for step in stream.feed(wire(CREATED)) for each in step.events]
    assert isinstance(begun, ev.ResponseStarted)
    assert begun.response_id == "resp_1"
