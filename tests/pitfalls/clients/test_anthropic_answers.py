"""Traps of section 5: what clients of Anthropic Messages hear."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from codex_proxy.canonical.failure import Failure, FailureKind
from tests.pitfalls.talk import (
    ANTHROPIC,
    IDS,
    LOOSE,
    added,
    body_of,
    broken,
    done,
    ends,
    event,
    failed,
    function,
    objects,
    parsed,
    thought,
    told,
)
from tests.scenarios.stage import Stage, chunks_of, stage

THINKS: dict[str, Any] = {"thinking": {"type": "adaptive"}}
SEARCH = [{"type": "web_search_20250305", "name": "web_search"}]
CUSTOM = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_p", "name": "patch", "input": 'a "b"\n'}
CLIENT = {"anthropic-version": "2023-06-01"}


def opened(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["content_block"] for each in said if each["type"] == "content_block_start"]


def pieces(said: list[dict[str, Any]], kind: str) -> str:
    deltas = [each["delta"] for each in said if each["type"] == "content_block_delta"]
    return "".join(delta.get(kind, "") for delta in deltas)


def test_p5_1_an_error_in_the_stream_has_its_own_event() -> None:
    raw = broken(ANTHROPIC, Failure(kind=FailureKind.OVERLOADED, message="full"))
    assert raw.startswith(b"event: error\n") or b"\nevent: error\n" in raw
    assert objects(raw)[-1]["error"] == {"type": "overloaded_error", "message": "full"}


def test_p5_6_blocks_come_one_after_another_however_calls_interleave() -> None:
    kind = "response.function_call_arguments.delta"
    frames = [added(function(name, "", number), number) for number, name in enumerate(("one", "two"))]
    frames += [event(kind, item_id=f"fc_{n % 2}", output_index=n % 2, delta=p) for n, p in enumerate('{{""::12}}')]
    said = told(ANTHROPIC, *frames, ends(), tools=[{"name": "one", "input_schema": LOOSE}])
    open_blocks: set[int] = set()
    for each in said:
        match each["type"]:
            case "content_block_start":
                assert not open_blocks
                open_blocks.add(each["index"])
            case "content_block_delta":
                assert each["index"] in open_blocks
            case "content_block_stop":
                open_blocks.remove(each["index"])
    assert [block["name"] for block in opened(said)] == ["one", "two"]


def test_p5_7_a_second_thought_has_a_block_of_its_own() -> None:
    frames = [done(thought("a"), 0), done(thought("b", item_id="rs_2"), 1)]
    assert [block["type"] for block in opened(told(ANTHROPIC, *frames, ends(), **THINKS))] == ["thinking"] * 2


def test_p5_8_a_thought_carries_its_token() -> None:
    said = told(ANTHROPIC, done(thought("a", token="gAAAAtoken")), ends(), **THINKS)
    assert pieces(said, "signature").endswith(".gAAAAtoken")


def test_p5_12_a_search_has_blocks_of_its_own_and_is_counted() -> None:
    action = {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a.test"}]}
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}
    said = told(ANTHROPIC, done(search), ends(), tools=SEARCH)
    asked, found = opened(said)
    assert (asked["type"], found["type"]) == ("server_tool_use", "web_search_tool_result")
    assert found["tool_use_id"] == asked["id"]
    (last,) = [each for each in said if each["type"] == "message_delta"]
    assert last["usage"]["server_tool_use"]["web_search_requests"] == 1


async def test_p5_19_the_prompts_size_is_told_at_the_start(play: Stage) -> None:
    body = {"model": "gpt-5.4", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "x" * 3600}]}
    first = chunks_of(await play.client.post("/v1/messages", json=body))[0]
    assert 900 < first["message"]["usage"]["input_tokens"] < 1500


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as running:
        yield running


def test_p5_20_silence_is_filled_with_pings() -> None:
    stream = ANTHROPIC.open_stream(parsed(ANTHROPIC), IDS)
    assert stream.heartbeat() == b'event: ping\ndata: {"type":"ping"}\n\n'


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        (FailureKind.INVALID_REQUEST, 400, "invalid_request_error"),
        (FailureKind.BAD_KEY, 401, "authentication_error"),
        (FailureKind.NOT_PERMITTED, 403, "permission_error"),
        (FailureKind.MODEL_NOT_FOUND, 404, "not_found_error"),
        (FailureKind.TOO_LARGE, 413, "request_too_large"),
        (FailureKind.RATE_LIMITED, 429, "rate_limit_error"),
        (FailureKind.UPSTREAM_ERROR, 502, "api_error"),
        (FailureKind.OVERLOADED, 529, "overloaded_error"),
    ],
)
def test_p5_21_errors_have_their_status_and_type(kind: FailureKind, status: int, word: str) -> None:
    reply = failed(ANTHROPIC, Failure(kind=kind, message="m"))
    assert (reply.status, body_of(reply)["error"]["type"]) == (status, word)


async def test_p5_22_a_stop_string_ends_the_answer(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "max_tokens": 9, "stop_sequences": ["END"]}
    body |= {"messages": [{"role": "user", "content": "hi"}]}
    async with stage(tmp_path, "rules: [{steps: [{text: one END two}]}]") as play:
        answer = (await play.client.post("/v1/messages", json=body)).json()
    assert [block["text"] for block in answer["content"]] == ["one "]
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "END")


async def test_p5_22_a_stop_string_may_span_two_blocks(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "max_tokens": 9, "stop_sequences": ["END"], "stream": True}
    body |= {"messages": [{"role": "user", "content": "hi"}]}
    async with stage(tmp_path, "rules: [{steps: [{text: one E}, {text: ND two}, {stall: true}]}]") as play:
        said = chunks_of(await play.client.post("/v1/messages", json=body))
    assert pieces(said, "text") == "one "
    assert [each["index"] for each in said if each["type"] == "content_block_stop"] == [0]
    (ending,) = [each["delta"] for each in said if each["type"] == "message_delta"]
    assert (ending["stop_reason"], ending["stop_sequence"]) == ("stop_sequence", "END")


def test_p5_23_free_text_is_a_member_escaped_while_it_streams() -> None:
    where = {"item_id": "ctc_1", "output_index": 0}
    frames = [added(CUSTOM | {"input": ""})]
    frames += [event("response.custom_tool_call_input.delta", **where, delta=piece) for piece in ('a "', 'b"\n')]
    said = told(ANTHROPIC, *frames, done(CUSTOM), ends())
    assert opened(said)[0]["name"] == "patch"
    assert json.loads(pieces(said, "partial_json")) == {"input": 'a "b"\n'}


async def test_p5_24_a_picture_is_a_link_and_no_call(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "max_tokens": 9, "messages": [{"role": "user", "content": "draw"}]}
    body |= {"tools": [{"type": "image_generation"}]}
    async with stage(tmp_path, "rules: [{steps: [{image: true}]}]") as play:
        answer = (await play.client.post("/v1/messages", json=body)).json()
        (block,) = answer["content"]
        address = block["text"].partition("(")[2].rstrip(")\n") or block["text"]
        picture = await play.client.get(address.strip("()"))
    assert (block["type"], answer["stop_reason"]) == ("text", "end_turn")
    assert picture.headers["content-type"] == "image/png"


async def test_p5_25_windows_are_told_and_the_long_ones_mark_is_understood(play: Stage) -> None:
    await play.models_fetched()
    listed = (await play.client.get("/v1/models", headers=CLIENT)).json()["data"]
    assert all(model["max_input_tokens"] > 100_000 for model in listed)
    body = {"model": "claude-opus-4-5[1m]", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert (await play.client.post("/v1/messages", json=body)).status_code == 200


async def test_p5_26_the_list_of_models_has_the_shape_of_who_asks(play: Stage) -> None:
    listed = (await play.client.get("/v1/models", headers=CLIENT)).json()
    assert {"has_more", "first_id", "last_id"} <= listed.keys()
    assert {"display_name", "created_at", "type"} <= listed["data"][0].keys()
    assert (await play.client.get("/v1/models")).json()["object"] == "list"


@pytest.mark.parametrize("arguments", ['{"a":', "no json"])
def test_p5_27_arguments_that_are_no_json_do_not_end_the_stream(arguments: str) -> None:
    said = told(ANTHROPIC, done(function("f", arguments)), ends())
    assert pieces(said, "partial_json") == arguments
    assert said[-1]["type"] == "message_stop"
