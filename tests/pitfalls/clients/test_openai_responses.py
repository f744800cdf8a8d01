"""Traps of section 4: what clients of the Responses API hear, the Codex CLI among them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import zstandard

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from tests.pitfalls.talk import (
    CODEX,
    CODEX_HEADERS,
    CREATED,
    IDS,
    RESPONSES,
    broken,
    call,
    ends,
    event,
    function,
    objects,
    parsed,
    retold,
    spoken,
    told,
    understood,
    wire,
)
from tests.protocols.codex.parts import target
from tests.scenarios.stage import RESPONSES as PATH
from tests.scenarios.stage import Stage, stage

LIMIT = "{error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500, plan_type: plus}}"
FULL = Failure(kind=FailureKind.OVERLOADED, message="full", code="server_is_overloaded")
UNNAMED = b'event: response.output_text.delta\ndata: {"delta":"x","output_index":0,"item_id":"m"}\n\n'
KEEPALIVE = event("keepalive", sequence_number=7)


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as running:
        yield running


async def test_p4_1_nobody_gets_a_stream_who_did_not_ask(play: Stage) -> None:
    reply = await play.client.post(PATH, json={"model": "gpt-5.4", "input": "hi"})
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["object"] == "response"


def test_p4_2_a_codex_client_hears_of_a_failure_as_a_failed_response() -> None:
    flat = event("error", code="server_error", message="broken", param=None)
    said = told(RESPONSES, *spoken("hel"), flat, headers=CODEX_HEADERS)
    assert said[-1]["type"] == "response.failed"
    assert "error" not in {each["type"] for each in said}


def test_p4_3_an_sdk_hears_of_it_in_flat_members_and_an_object() -> None:
    *_, last = objects(broken(RESPONSES, FULL))
    assert last["type"] == "error"
    assert last["message"] == last["error"]["message"] == "full"
    failed = ends(kind="response.failed", error={"code": "server_is_overloaded", "message": "full"})
    *_, last = told(RESPONSES, *spoken("hel"), failed)
    assert last["type"] == "error"
    assert last["message"] == last["error"]["message"] == "full"


@pytest.mark.parametrize("headers", [{}, CODEX_HEADERS])
def test_p4_4_every_event_names_its_type_inside(headers: dict[str, str]) -> None:
    decoder, stream = (
        CODEX.open_stream(call(RESPONSES, headers)),
        RESPONSES.open_stream(parsed(RESPONSES, headers), IDS),
    )
    steps = decoder.feed(wire(CREATED) + UNNAMED + wire(ends()))
    said = objects(b"".join(stream.encode(step.events, step.frame) for step in steps))
    assert [each["type"] for each in said][-2:] == ["response.output_text.delta", "response.completed"]


@pytest.mark.parametrize(("headers", "kind"), [(CODEX_HEADERS, "keepalive"), ({}, "response.in_progress")])
def test_p4_5_silence_is_filled_with_an_event_that_this_client_ignores(headers: dict[str, str], kind: str) -> None:
    stream = RESPONSES.open_stream(parsed(RESPONSES, headers), IDS)
    stream.encode(understood(*spoken("hi"))[:2])
    assert [each["type"] for each in objects(stream.heartbeat())] == [kind]


@pytest.mark.parametrize(
    "own", [KEEPALIVE, event("codex.rate_limits", rate_limits={}), event("codex.response.metadata", metadata={})]
)
def test_p4_6_the_backends_own_events_reach_codex_clients_only(own: dict[str, Any]) -> None:
    for headers, reaches in ((CODEX_HEADERS, True), ({}, False)):
        kinds = {each["type"] for each in told(RESPONSES, own, *spoken("hi"), ends(), headers=headers)}
        assert (own["type"] in kinds) is reaches


@pytest.mark.parametrize(
    "usage", [{"input_tokens": 3, "output_tokens": 4}, {"input_tokens": 3, "input_tokens_details": {}}]
)
@pytest.mark.parametrize("headers", [{}, CODEX_HEADERS])
def test_p4_7_counts_are_complete(usage: dict[str, Any], headers: dict[str, str]) -> None:
    final = told(RESPONSES, *spoken("hi"), ends(usage=usage), headers=headers)[-1]["response"]["usage"]
    assert final["total_tokens"] == final["input_tokens"] + final["output_tokens"]
    assert final["input_tokens_details"]["cached_tokens"] == 0


@pytest.mark.parametrize("headers", [{}, CODEX_HEADERS])
def test_p4_8_the_final_response_has_an_id(headers: dict[str, str]) -> None:
    last = ends()
    del last["response"]["id"]
    assert told(RESPONSES, *spoken("hi"), last, headers=headers)[-1]["response"]["id"]


def test_p4_9_a_limit_tells_the_delay_in_words() -> None:
    limited = Failure(kind=FailureKind.RATE_LIMITED, message="slow down", retry_after_seconds=12)
    stream = RESPONSES.open_stream(parsed(RESPONSES, CODEX_HEADERS), IDS)
    error = objects(stream.fail(limited))[-1]["response"]["error"]
    assert error["code"] == "rate_limit_exceeded"
    assert "try again in 12s" in error["message"]


@pytest.mark.parametrize("headers", [{}, CODEX_HEADERS])
async def test_p4_10_a_failure_before_the_stream_is_a_status(tmp_path: Path, headers: dict[str, str]) -> None:
    body = {"model": "gpt-5.4", "input": "hi", "stream": True}
    async with stage(tmp_path, f"rules: [{{reply: {{status: 429, body: {LIMIT}}}}}]") as play:
        limited = await play.client.post(PATH, json=body, headers=headers)
        unknown = await play.client.post(PATH, json=body, headers=headers | {"authorization": "Bearer wrong"})
    assert (limited.status_code, unknown.status_code) == (429, 401)
    if headers:
        assert limited.json()["error"]["type"] == "usage_limit_reached"
        assert limited.json()["error"]["plan_type"] == "plus"


def test_p4_11_a_vendor_without_free_text_tools_gets_functions_for_them() -> None:
    tool = {"type": "custom", "name": "apply_patch", "description": "Patch."}
    request = parsed(RESPONSES, input="hi", tools=[tool])
    codec = ResponsesClient(ResponsesProfile(custom_tools=False))
    made = codec.build_call(request, target(model=ModelFacts(slug="m")))
    assert json.loads(made.body)["tools"][0]["type"] == "function"
    back = function("apply_patch", '{"input":"*** Begin"}')
    body = json.dumps({"id": "r", "status": "completed", "output": [back]}).encode()
    (called,) = retold(RESPONSES, codec.parse_response(made, body))[-1]["response"]["output"]
    assert (called["type"], called["input"]) == ("custom_tool_call", "*** Begin")


async def test_p4_12_a_compaction_has_every_member(tmp_path: Path) -> None:
    items = '{"output": [{"type": "compaction", "encrypted_content": "ENC"}]}'
    script = f"rules: [{{when: {{endpoint: responses/compact}}, reply: {{status: 200, body: {items}}}}}]"
    async with stage(tmp_path, script) as play:
        reply = await play.client.post(f"{PATH}/compact", json={"model": "gpt-5.4", "input": "hi"})
    assert {"id", "created_at", "object", "output", "usage"} <= reply.json().keys()


async def test_p4_13_a_compressed_request_is_read(play: Stage) -> None:
    packed = zstandard.compress(json.dumps({"model": "gpt-5.4", "input": "packed"}).encode())
    headers = {"content-encoding": "zstd", "content-type": "application/json"}
    assert (await play.client.post(PATH, content=packed, headers=headers)).status_code == 200
    assert "packed" in json.dumps((await play.asked())[0]["body"]["input"])


async def test_p4_14_an_earlier_response_that_is_not_known_is_said_so(play: Stage) -> None:
    reply = await play.respond(previous_response_id="resp_elsewhere")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (
        400, "previous_response_not_found", "previous_response_id",
    )  # fmt: skip
    assert await play.asked() == []


def test_p4_15_numbers_of_events_rise_whatever_was_added() -> None:
    decoder, stream = CODEX.open_stream(call(RESPONSES)), RESPONSES.open_stream(parsed(RESPONSES), IDS)
    said: list[dict[str, Any]] = []
    for number, frame in enumerate([CREATED, *spoken("hi"), ends()]):
        for step in decoder.feed(wire(frame | {"sequence_number": number})):
            said += objects(stream.encode(step.events, step.frame) + stream.heartbeat())
    numbers = [each["sequence_number"] for each in said if each]
    assert len(numbers) > 10
    assert numbers == sorted(set(numbers))
