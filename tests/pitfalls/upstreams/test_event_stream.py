"""Traps of section 2: what the backend answers, in any dialect."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolCall
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder
from tests.pitfalls.talk import (
    ANTHROPIC,
    CHAT,
    CODEX_HEADERS,
    GEMINI,
    INCOMPLETE,
    OLLAMA,
    RESPONSES,
    SERVERS,
    added,
    body_of,
    done,
    ends,
    event,
    failed,
    function,
    heard,
    message,
    retold,
    spoken,
    thought,
    told,
    understood,
    whole,
    wire,
)
from tests.scenarios.stage import CHAT as CHAT_PATH
from tests.scenarios.stage import STREAMED_CHAT, chat_text, stage

SEES_THOUGHTS: dict[str, Any] = {
    "thinking": {"type": "adaptive"},
    "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
}
USAGE_CHUNK: dict[str, Any] = {"stream_options": {"include_usage": True}}
TOO_LONG = Failure(kind=FailureKind.CONTEXT_TOO_LONG, message="input exceeds the context window", status=400)


def arguments(*frames: dict[str, Any]) -> dict[str, str]:
    """Arguments of the calls in an answer, by name."""
    blocks = [part.block for part in fold(understood(*frames)).parts]
    return {block.name: block.arguments for block in blocks if isinstance(block, ToolCall)}


def delta(index: int, text: str, **members: Any) -> dict[str, Any]:
    kind = "response.function_call_arguments.delta"
    return event(kind, item_id=f"fc_{index}", output_index=index, delta=text) | members


@pytest.mark.parametrize("place", [{}, {"output_index": None}])
def test_p2_1_arguments_of_parallel_calls_are_not_mixed_up(place: dict[str, Any]) -> None:
    frames = [
        delta(1, '{"b":', **place),
        added(function("one", "", 0), 0),
        added(function("two", "", 1), 1),
        delta(0, '{"a":1}', **place),
        delta(1, "2}", **place),
    ]
    assert arguments(*frames, ends()) == {"one": '{"a":1}', "two": '{"b":2}'}


@pytest.mark.parametrize(
    "last",
    [
        event("response.function_call_arguments.done", item_id="fc_0", output_index=0, arguments='{"a":1}'),
        done(function("one", '{"a":1}')),
    ],
)
def test_p2_2_arguments_come_from_whichever_event_has_them(last: dict[str, Any]) -> None:
    assert arguments(added(function("one", "")), last, ends()) == {"one": '{"a":1}'}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("frames", [[done(message("hello")), ends()], [ends(message("hello"))]])
def test_p2_3_a_text_told_only_at_the_end_is_heard(server: ServerCodec, frames: list[dict[str, Any]]) -> None:
    assert b"hello" in heard(server, *frames)


def test_p2_4_an_empty_final_output_is_rebuilt() -> None:
    final = told(RESPONSES, *spoken("hello"), ends())[-1]["response"]
    assert final["output"][0]["content"][0]["text"] == "hello"


@pytest.mark.parametrize(
    ("server", "cut", "counted"),
    [
        (CHAT, '"finish_reason":"length"', '"completion_tokens":9'),
        (ANTHROPIC, '"stop_reason":"max_tokens"', '"output_tokens":9'),
        (GEMINI, '"finishReason":"MAX_TOKENS"', '"candidatesTokenCount":5'),
        (OLLAMA, '"done_reason":"length"', '"eval_count":9'),
        (RESPONSES, '"type":"response.incomplete"', '"output_tokens":9'),
    ],
)
def test_p2_5_an_answer_cut_short_ends_with_its_reason_and_counts(server: ServerCodec, cut: str, counted: str) -> None:
    members = USAGE_CHUNK if server is CHAT else {}
    said = heard(server, *spoken("hel"), INCOMPLETE, **members).decode().replace('": ', '":')
    assert cut in said
    assert counted in said


def test_p2_6_nothing_follows_an_incomplete_answer() -> None:
    kinds = [each["type"] for each in told(RESPONSES, *spoken("hel"), INCOMPLETE)]
    assert kinds[-1] == "response.incomplete"
    assert "response.failed" not in kinds


@pytest.mark.parametrize("server", SERVERS)
def test_p2_7_an_answer_without_an_end_is_an_error(server: ServerCodec) -> None:
    assert "error" in told(server, *spoken("hel"))[-1]


@pytest.mark.parametrize("code", ["server_is_overloaded", "usage_limit_reached"])
async def test_p2_8_a_failure_in_the_first_events_is_another_accounts_answer(tmp_path: Path, code: str) -> None:
    script = f"rules: [{{when: {{account: account-1}}, steps: [{{failed: {{code: {code}}}}}]}}]"
    async with stage(tmp_path, script) as play:
        replies = [await play.chat(text, stream=True) for text in ("one", "two")]
        assert {entry["account"] for entry in await play.asked()} == {"account-1", "account-2"}
    assert [reply.status_code for reply in replies] == [200, 200]
    assert all(chat_text(reply) for reply in replies)


async def test_p2_8_where_every_account_fails_so_the_status_says_it(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{failed: {code: usage_limit_reached}}]}]") as play:
        assert (await play.client.post(CHAT_PATH, json=STREAMED_CHAT)).status_code == 429


@pytest.mark.parametrize(
    ("server", "where", "words"),
    [
        (CHAT, "code", "context_length_exceeded"),
        (RESPONSES, "code", "context_length_exceeded"),
        (ANTHROPIC, "message", "prompt is too long: "),
        (GEMINI, "message", "exceeds the maximum number of tokens"),
    ],
)
def test_p2_9_a_prompt_too_long_is_told_as_clients_look_for_it(server: ServerCodec, where: str, words: str) -> None:
    reply = failed(server, TOO_LONG)
    assert reply.status == 400
    assert words in body_of(reply)["error"][where]


async def test_p2_9_claude_code_is_told_the_sizes_that_make_it_compact(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    async with stage(tmp_path, "rules: [{steps: [{failed: {code: context_length_exceeded}}]}]") as play:
        reply = await play.client.post("/v1/messages", json=body)
    assert reply.status_code == 400
    assert re.match(r"prompt is too long: \d+ tokens > \d+ maximum", reply.json()["error"]["message"])


def test_p2_9_ollama_says_it_in_words() -> None:
    reply = failed(OLLAMA, TOO_LONG)
    assert (reply.status, isinstance(body_of(reply)["error"], str)) == (400, True)


@pytest.mark.parametrize("server", [CHAT, ANTHROPIC, OLLAMA, GEMINI])
def test_p2_10_parts_of_a_summary_are_kept_apart(server: ServerCodec) -> None:
    said = told(server, done(thought("One.", "Two.")), ends(), **SEES_THOUGHTS)
    assert "One." in json.dumps(said)
    assert "One.Two." not in json.dumps(said)
    if server is not GEMINI:
        assert "\n\n" in "".join(all_texts(said))


def all_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in all_texts(each)]


@pytest.mark.parametrize(("server", "field"), [(CHAT, "reasoning_content"), (ANTHROPIC, "thinking_delta")])
def test_p2_11_raw_reasoning_is_a_thought(server: ServerCodec, field: str) -> None:
    where = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
    frames = [
        added(thought(token=None)),
        event("response.reasoning_text.delta", **where, delta="hm"),
        event("response.reasoning_text.done", **where, text="hm"),
        done(thought(token=None) | {"content": [{"type": "reasoning_text", "text": "hm"}]}),
    ]
    said = json.dumps(told(server, *frames, ends(), **SEES_THOUGHTS))
    assert field in said
    assert '"hm"' in said


def test_p2_12_thoughts_are_never_the_answers_text() -> None:
    said = whole(CHAT, done(thought("secret")), done(message("hello"), 1), ends())
    assert said["choices"][0]["message"]["content"] == "hello"
    assert said["choices"][0]["message"]["reasoning_content"] == "secret"


def test_p2_13_the_token_of_a_thought_is_the_finished_one() -> None:
    frames = [added(thought(token="HALF")), done(thought("t", token="WHOLE")), ends()]
    tokens = [each.signature for each in understood(*frames) if isinstance(each, ev.ThinkingEnded)]
    assert tokens == ["WHOLE"]


@pytest.mark.parametrize("server", SERVERS)
async def test_p2_14_an_answer_of_thoughts_alone_says_nothing_else(server: ServerCodec) -> None:
    said = told(server, done(thought("hm")), ends())
    words = [text for text in all_texts(said) if " " in text]
    assert words == []


async def test_p2_14_thoughts_alone_are_asked_for_again_elsewhere(tmp_path: Path) -> None:
    script = "rules: [{when: {account: account-1}, steps: [{reasoning: [hm]}]}, {steps: [{text: words}]}]"
    async with stage(tmp_path, script) as play:
        replies = [await play.chat() for _ in range(2)]
    assert [reply.json()["choices"][0]["message"]["content"] for reply in replies] == ["words", "words"]


async def kept_alive(folder: Path, beat_ms: int) -> httpx.Response:
    """An answer whose words come after more silence than it may keep, but for eight keepalives in it."""
    beat = f"{{event: {{type: keepalive}}}}, {{delay_ms: {beat_ms}}}"
    script = f"rules: [{{steps: [{', '.join([beat] * 8)}, {{text: late}}]}}]"
    async with stage(folder, script, API__IDLE_TIMEOUT_SECONDS=str(beat_ms * 7 / 1000)) as play:
        return await play.chat()


async def test_p2_15_keepalives_of_the_backend_count_as_life(tmp_path: Path) -> None:
    reply = await kept_alive(tmp_path / "quick", 300)
    if reply.status_code != 200:  # the machine is too busy for beats of that pace
        reply = await kept_alive(tmp_path / "slow", 2000)
    assert reply.json()["choices"][0]["message"]["content"] == "late"


def test_p2_16_a_frame_of_many_megabytes_is_read_in_any_pieces() -> None:
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "A" * 20_000_000}
    raw = wire(done(picture), ends())
    decoder = ResponsesDecoder()
    pieces = [raw[start : start + 65_536] for start in range(0, len(raw), 65_536)]
    events = [each for piece in pieces for step in decoder.feed(piece) for each in step.events]
    assert any(isinstance(each, ev.HostedEnded) for each in events)


@pytest.mark.parametrize(
    ("server", "sign"),
    [(CHAT, "refusal"), (RESPONSES, '"refusal": "no"'), (ANTHROPIC, '"stop_reason": "refusal"'), (GEMINI, "no")],
)
def test_p2_17_a_refusal_is_told(server: ServerCodec, sign: str) -> None:
    item = message("") | {"content": [{"type": "refusal", "refusal": "no"}]}
    assert sign in json.dumps(told(server, done(item), ends()))


def test_p2_18_citations_are_told_and_their_places_converted() -> None:
    cited = {"type": "url_citation", "url": "https://a.test", "title": "A", "start_index": 3, "end_index": 6}
    answer = [done(message("été fin", annotations=[cited])), ends()]
    (shown,) = whole(CHAT, *answer)["choices"][0]["message"]["annotations"]
    assert shown["url_citation"]["start_index"] == 3
    (support,) = told(GEMINI, *answer)[-1]["candidates"][0]["groundingMetadata"]["groundingSupports"]
    assert support["segment"]["startIndex"] == 5  # bytes, of which each é has two


def test_p2_19_events_made_here_have_every_member() -> None:
    said = retold(RESPONSES, understood(done(message("hello")), ends()))
    deltas = [each for each in said if each["type"] == "response.output_text.delta"]
    assert deltas
    assert all({"item_id", "output_index", "content_index", "sequence_number"} <= each.keys() for each in deltas)


@pytest.mark.parametrize("last", [ends(), INCOMPLETE, ends(kind="response.failed", error={"code": "server_error"})])
def test_p2_20_a_wrapped_list_flows_and_loses_nothing_at_any_end(last: dict[str, Any]) -> None:
    schema = {"type": "ARRAY", "items": {"type": "STRING"}}
    wish: dict[str, Any] = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": schema}}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    pieces = ['{"value":["a"', ',"b"', ',"c']
    frames = [event("response.output_text.delta", **where, delta=piece) for piece in pieces]
    said = told(GEMINI, added(message("")), *frames, last, **wish)
    parts = [part["text"] for each in said for part in parts_of(each) if part.get("text")]
    assert len(parts) > 1
    assert "".join(parts).startswith('["a","b","c')


def parts_of(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    candidates = chunk.get("candidates") or [{}]
    parts: list[dict[str, Any]] = candidates[0].get("content", {}).get("parts", [])
    return parts


def test_p2_21_anthropics_input_leaves_out_what_was_cached() -> None:
    usage = whole(ANTHROPIC, *spoken("hello"), ends())["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (12, 8)


def test_p2_22_cached_tokens_are_the_backends_own() -> None:
    uncounted = ends(usage={"input_tokens": 20, "output_tokens": 9, "total_tokens": 29})
    assert whole(ANTHROPIC, *spoken("hi"), uncounted)["usage"]["cache_read_input_tokens"] == 0
    assert whole(CHAT, *spoken("hi"), uncounted)["usage"]["prompt_tokens_details"]["cached_tokens"] == 0


def test_p2_7_a_codex_client_is_told_so_too() -> None:
    assert told(RESPONSES, *spoken("hel"), headers=CODEX_HEADERS)[-1]["type"] == "response.failed"
