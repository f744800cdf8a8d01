"""Traps of section 3: what clients of chat completions hear, and what they say."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import SseDecoder
from tests.pitfalls.talk import (
    CHAT,
    IDS,
    PNG,
    body_of,
    broken,
    done,
    ends,
    event,
    failed,
    heard,
    items,
    parsed,
    sent,
    spoken,
    told,
    user,
    whole,
)
from tests.scenarios.stage import CHAT as CHAT_PATH
from tests.scenarios.stage import FIRST_THEN_SILENCE, STREAMED_CHAT, stage
from tests.scenarios.stage import RESPONSES as RESPONSES_PATH

USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}
CURSOR = {"user-agent": "Cursor/2.0"}
PATCH: dict[str, Any] = {"type": "custom", "custom": {"name": "ApplyPatch"}}
HELPER = {"x-stainless-helper-method": "chat.completions.stream"}
PATCH_CALL = {
    "type": "custom_tool_call",
    "id": "ctc_1",
    "call_id": "call_p",
    "name": "ApplyPatch",
    "input": "*** Begin",
}
HALF = [*spoken("hel"), ends(kind="response.incomplete", incomplete_details={"reason": "max_output_tokens"})]


def calls_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for chunk in chunks for choice in chunk["choices"] for each in choice["delta"].get("tool_calls", [])]


def test_p3_1_counts_are_told_to_those_who_ask() -> None:
    assert not any("usage" in chunk or not chunk["choices"] for chunk in told(CHAT, *spoken("hi"), ends()))


def test_p3_2_counts_stand_in_a_chunk_of_their_own() -> None:
    *_, finish, counts = told(CHAT, *spoken("hi"), ends(), **USAGE)
    assert (finish["usage"], finish["choices"][0]["finish_reason"]) == (None, "stop")
    assert (counts["usage"]["total_tokens"], counts["choices"]) == (29, [])


def test_p3_3_an_error_in_the_stream_is_an_object_under_error_without_a_name() -> None:
    raw = broken(CHAT, Failure(kind=FailureKind.OVERLOADED, message="full"))
    framer = SseDecoder()
    error, end = (*framer.feed(raw), *framer.end())
    assert b"event:" not in raw
    assert json.loads(error.data)["error"]["message"] == "full"
    assert end.data == b"[DONE]"


def test_p3_4_no_line_carries_an_id() -> None:
    raw = heard(CHAT, *spoken("hi"), ends()) + CHAT.open_stream(parsed(CHAT), IDS).heartbeat()
    assert not any(line.startswith(b"id:") for line in raw.splitlines())


def test_p3_5_no_frame_is_empty() -> None:
    raw = heard(CHAT, *spoken("hi"), event("keepalive"), event("response.in_progress", response={}), ends())
    assert all(line.removeprefix(b"data:").strip() for line in raw.splitlines() if line.startswith(b"data:"))


async def test_p3_6_silence_is_filled_with_chunks_where_the_owner_says_so(tmp_path: Path) -> None:
    settings = {"SERVER__FIRST_BYTE_GRACE_SECONDS": "0.01", "SERVER__HEARTBEAT_SECONDS": "0.01"}
    async with stage(tmp_path, FIRST_THEN_SILENCE, CHAT__HEARTBEAT="chunk", **settings) as play:
        framer, silent = SseDecoder(), 0
        async with play.client.stream("POST", CHAT_PATH, json=STREAMED_CHAT) as reply:
            chunks = reply.aiter_bytes()
            while silent < 2:
                raw = await anext(chunks)
                deltas = [json.loads(frame.data)["choices"][0]["delta"] for frame in framer.feed(raw)]
                silent += deltas.count({})
                assert b": ping" not in raw


def test_p3_7_the_accumulating_helper_reads_a_free_text_call_as_a_function() -> None:
    chunks = told(CHAT, done(PATCH_CALL), ends(), headers=HELPER, tools=[PATCH])
    assert {each["type"] for each in calls_of(chunks) if "type" in each} == {"function"}
    plain = told(CHAT, done(PATCH_CALL), ends(), tools=[PATCH])
    assert {each["type"] for each in calls_of(plain) if "type" in each} == {"custom"}


async def test_p3_8_cursors_responses_body_on_the_chat_path_is_answered_as_chat(tmp_path: Path) -> None:
    script = "rules: [{steps: [{calls: [{name: ApplyPatch, input: '*** Begin', call_id: call_p}]}]}]"
    body = {"model": "gpt-5.4", "input": "patch it", "tools": [{"type": "custom", "name": "ApplyPatch"}]}
    async with stage(tmp_path, script) as play:
        reply = await play.client.post("/v1/chat/completions", json=body, headers=CURSOR)
        (asked,) = await play.asked()
    (called,) = reply.json()["choices"][0]["message"]["tool_calls"]
    assert called["function"] == {"name": "ApplyPatch", "arguments": "*** Begin"}
    assert asked["body"]["tools"][0]["type"] == "custom"


def test_p3_8_a_free_text_call_comes_back_as_what_it_was() -> None:
    echo = {"id": "call_p", "type": "function", "function": {"name": "ApplyPatch", "arguments": "*** Begin"}}
    talk = [{"role": "assistant", "tool_calls": [echo]}, {"role": "tool", "tool_call_id": "call_p", "content": "ok"}]
    called, result = items(CHAT, messages=talk, tools=[{"type": "custom", "name": "ApplyPatch"}])
    assert (called["type"], called["input"]) == ("custom_tool_call", "*** Begin")
    assert result["type"] == "custom_tool_call_output"


def test_p3_9_a_picture_is_no_call() -> None:
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG}
    chunks = told(CHAT, done(picture), ends())
    assert calls_of(chunks) == []
    assert any("images" in choice["delta"] for chunk in chunks for choice in chunk["choices"])
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_p3_10_only_the_leading_instructions_are_hoisted() -> None:
    talk = [{"role": "system", "content": "first"}, *user({"type": "text", "text": "u"})]
    body = sent(CHAT, messages=[*talk, {"role": "developer", "content": "later"}])
    assert body["instructions"] == "first"
    assert [item["role"] for item in body["input"]] == ["user", "developer"]


def test_p3_11_a_text_answer_has_no_calls_and_a_string() -> None:
    said = whole(CHAT, *spoken("hi"), ends())["choices"][0]["message"]
    assert "tool_calls" not in said
    assert whole(CHAT, ends())["choices"][0]["message"]["content"] == ""


def test_p3_12_two_old_style_calls_of_one_function_are_two() -> None:
    asked = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    talk = [asked, {"role": "function", "name": "f", "content": "one"}] * 2
    made = items(CHAT, messages=talk, functions=[{"name": "f", "parameters": {}}])
    ids = [item["call_id"] for item in made]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_p3_13_a_tool_message_of_parts_keeps_its_pictures() -> None:
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}]
    asked = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    talk = [{"role": "assistant", "tool_calls": [asked]}, {"role": "tool", "tool_call_id": "c", "content": parts}]
    (shown,) = items(CHAT, messages=talk)[1]["output"]
    assert (shown["type"], shown["detail"]) == ("input_image", "low")


def test_p3_14_an_answer_cut_short_is_not_called_finished() -> None:
    assert whole(CHAT, *HALF)["choices"][0]["finish_reason"] == "length"
    assert told(CHAT, *HALF)[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("kind", "status", "type_", "code"),
    [
        (FailureKind.INVALID_REQUEST, 400, "invalid_request_error", None),
        (FailureKind.CONTEXT_TOO_LONG, 400, "invalid_request_error", "context_length_exceeded"),
        (FailureKind.BAD_KEY, 401, "invalid_request_error", "invalid_api_key"),
        (FailureKind.MODEL_NOT_FOUND, 404, "invalid_request_error", "model_not_found"),
        (FailureKind.RATE_LIMITED, 429, "rate_limit_error", "rate_limit_exceeded"),
    ],
)
def test_p3_15_errors_have_the_words_that_clients_branch_on(
    kind: FailureKind, status: int, type_: str, code: str | None
) -> None:
    reply = failed(CHAT, Failure(kind=kind, message="m"))
    error = body_of(reply)["error"]
    assert (reply.status, error["type"]) == (status, type_)
    assert code is None or error["code"] == code


async def test_p3_16_nobody_logged_in_is_not_the_clients_key(tmp_path: Path) -> None:
    async with stage(tmp_path, AUTH__JWT_TOKEN="null") as play:
        reply = await play.chat()
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "no_account")
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("path", ["/v1/chat/completions", RESPONSES_PATH])
async def test_p3_17_the_model_is_called_as_the_client_called_it(tmp_path: Path, path: str) -> None:
    content = {"messages": [{"role": "user", "content": "hi"}]} if "chat" in path else {"input": "hi"}
    async with stage(tmp_path) as play:
        reply = await play.client.post(path, json={"model": "claude-opus-4-5-high"} | content)
        (asked,) = await play.asked()
    assert reply.json()["model"] == "claude-opus-4-5-high"
    assert asked["body"]["model"] == "gpt-5.5"


@pytest.mark.parametrize(("trusted", "told_apart"), [("false", True), ("true", False)])
async def test_p3_18_a_constant_user_names_a_conversation_only_where_the_owner_says_so(
    tmp_path: Path, trusted: str, told_apart: bool
) -> None:
    async with stage(tmp_path, SESSION__TRUST_USER_FIELD=trusted) as play:
        for text in ("one matter", "another matter"):
            await play.chat(text, user="default")
        keys = {entry["body"]["prompt_cache_key"] for entry in await play.asked()}
    assert (len(keys) == 2) is told_apart
