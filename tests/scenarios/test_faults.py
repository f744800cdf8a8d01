"""Each fault of the backend: what the client gets, in which shape, and in which state each account ends."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.stage import (
    CHAT,
    FIRST_THEN_SILENCE,
    RESPONSES,
    STREAMED_CHAT,
    chat_text,
    chunks_of,
    first_event_passes,
    stage,
)

LIMIT = "{error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500}}"
BEFORE_CONTENT = {
    "401": ("reply: {status: 401, body: {detail: Unauthorized}}", "expired"),
    "usage limit": (f"reply: {{status: 429, body: {LIMIT}}}", "limited"),
    "overload in a 200": ("steps: [{failed: {code: server_is_overloaded}}]", "active"),
    "503": ("reply: {status: 503, body: {error: {code: server_is_overloaded, message: m}}}", "active"),
    "challenge": ("reply: {status: 403, body: <html>Just a moment...</html>}", "cooling"),
    "deactivated": ("reply: {status: 402, body: {detail: {code: deactivated_workspace}}}", "deactivated"),
    "cut before output": ("steps: [{cut: true}]", "active"),
    "no terminal event": ("steps: [{end: true}]", "active"),
    "garbage": ("steps: [{garbage: '%%%'}, {end: true}]", "active"),
    "failed": ("steps: [{failed: {code: rate_limit_exceeded, message: try again in 100s}}]", "limited"),
}


@pytest.mark.parametrize("fault", sorted(BEFORE_CONTENT))
async def test_a_fault_before_content_shows_the_client_only_another_accounts_answer(tmp_path: Path, fault: str) -> None:
    rule, state = BEFORE_CONTENT[fault]
    fine = "{when: {account: account-2}, steps: [{text: fine}]}"
    both = f"rules: [{{when: {{account: account-1}}, {rule}}}, {fine}]"
    async with stage(tmp_path, both, AUTH__ROTATION_STRATEGY="sticky") as play:
        replies = [await play.chat(stream=True) for _ in range(2)]
        states = await play.states()
        callers = {entry["account"] for entry in await play.asked()}
    assert [chat_text(reply) for reply in replies] == ["fine", "fine"]
    assert all(reply.status_code == 200 for reply in replies)
    assert callers == {"account-1", "account-2"}
    assert states == ({"active": 2} if state == "active" else {state: 1, "active": 1})


AFTER_CONTENT = {
    "cut": "[{text: half}, {delay_ms: 20}, {cut: true}]",
    "overloaded": "[{text: half}, {failed: {code: server_is_overloaded, message: busy}}]",
    "error event": "[{text: half}, {error: {code: server_error, message: broken}}]",
    "no terminal event": "[{text: half}, {end: true}]",
}


@pytest.mark.parametrize("fault", sorted(AFTER_CONTENT))
async def test_a_fault_after_content_is_a_legal_error_and_touches_no_second_account(tmp_path: Path, fault: str) -> None:
    async with stage(tmp_path, f"rules: [{{steps: {AFTER_CONTENT[fault]}}}]") as play:
        chat = await play.chat(stream=True)
        responses = await play.respond(stream=True)
        asked = await play.asked()
        assert await play.states() == {"active": 2}
        assert await play.slots_in_use() == 0
    assert chat_text(chat) == "half"
    assert chunks_of(chat)[-1]["error"]["message"]
    last = chunks_of(responses)[-1]
    assert last["type"] == "error"
    assert last["message"] == last["error"]["message"]
    assert len(asked) == 2


async def test_an_incomplete_answer_is_an_ending_and_no_error(tmp_path: Path) -> None:
    scenario = "rules: [{steps: [{text: half}, {incomplete: max_output_tokens}]}]"
    async with stage(tmp_path, scenario) as play:
        chat = await play.chat(stream=True)
        whole = (await play.respond()).json()
    finishes = [choice["finish_reason"] for chunk in chunks_of(chat) for choice in chunk.get("choices", [])]
    assert finishes[-1] == "length"
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


async def test_every_account_at_its_limit_is_a_429_that_says_when(tmp_path: Path) -> None:
    async with stage(tmp_path, f"rules: [{{reply: {{status: 429, body: {LIMIT}}}}}]") as play:
        chat, responses = await play.chat(stream=True), await play.respond()
        assert await play.states() == {"limited": 2}
    for reply in (chat, responses):
        assert reply.status_code == 429
        assert 0 < int(reply.headers["retry-after"]) <= 500
        assert reply.json()["error"]["code"] == "rate_limit_exceeded"


async def test_a_limit_that_ends_is_told_whichever_account_was_asked_last(tmp_path: Path) -> None:
    closed = "{reply: {status: 402, body: {detail: {code: deactivated_workspace}}}}"
    for account in ("account-1", "account-2"):
        limited = f"{{when: {{account: {account}}}, reply: {{status: 429, body: {LIMIT}}}}}"
        async with stage(tmp_path / account, f"rules: [{limited}, {closed}]") as play:
            replies = [await play.chat(), await play.chat()]
        for reply in replies:
            assert (reply.status_code, reply.json()["error"]["code"]) == (429, "rate_limit_exceeded")
            assert 0 < int(reply.headers["retry-after"]) <= 500
            assert reply.headers.get("x-should-retry") != "false"
        assert "1 usage limit" in replies[0].json()["error"]["message"]


async def test_a_stall_before_output_ends_with_the_idle_timeout(tmp_path: Path) -> None:
    scenario = "rules: [{when: {request: 1}, steps: [{stall: true}]}, {steps: [{text: fine}]}]"
    async with stage(tmp_path, scenario, API__IDLE_TIMEOUT_SECONDS="0.2", API__HEADERS_TIMEOUT_SECONDS="0.2") as play:
        reply = await play.chat(stream=True)
    assert reply.status_code in {200, 504}


async def test_slow_headers_end_with_their_timeout(tmp_path: Path) -> None:
    scenario = "rules: [{headers_after_ms: 3000, steps: [{text: late}]}]"
    settings = {"API__HEADERS_TIMEOUT_SECONDS": "0.1", "AUTH__MAX_FAILOVER_ATTEMPTS": "1"}
    async with stage(tmp_path, scenario, **settings) as play:
        reply = await play.chat()
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "timeout")


async def test_a_giant_frame_passes_whole(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{giant_mb: 3}]}]") as play:
        streamed, whole = await play.chat(stream=True), await play.chat()
    assert len(chat_text(streamed)) == 3 * 1024 * 1024
    assert len(whole.json()["choices"][0]["message"]["content"]) == 3 * 1024 * 1024


async def test_an_upstream_that_hides_its_text_in_the_final_response_is_still_heard(tmp_path: Path) -> None:
    for shape in ("done", "completed", "empty_output"):
        async with stage(tmp_path, f"rules: [{{shape: {shape}, steps: [{{text: hello}}]}}]") as play:
            chat, responses = await play.chat(stream=True), (await play.respond()).json()
        assert chat_text(chat) == "hello"
        assert responses["output"][0]["content"][0]["text"] == "hello"


async def first_chunk(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    """Read the first words, then hang up."""
    async with client.stream("POST", path, json=body) as reply:
        async for chunk in reply.aiter_bytes():
            if b"half" in chunk:
                return


async def test_a_client_that_hangs_up_ends_the_upstream_and_frees_the_slot(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: half}, {stall: true}]}]") as play:
        await first_chunk(play.client, CHAT, STREAMED_CHAT)
        await first_chunk(play.client, RESPONSES, {"model": "gpt-5.4", "stream": True, "input": "x"})
        async with asyncio.timeout(30):
            while [entry["left_early"] for entry in await play.asked()] != [True, True]:
                pass
            while await play.slots_in_use():
                pass
        assert await play.states() == {"active": 2}


async def test_the_first_event_reaches_the_client_before_the_upstream_sends_the_second(tmp_path: Path) -> None:
    async with stage(tmp_path, FIRST_THEN_SILENCE) as play:
        assert await first_event_passes(play)


async def test_a_slow_reader_holds_the_upstream_back_and_loses_nothing(tmp_path: Path) -> None:
    pieces_count, piece_bytes = 150, 200_000
    step = f"{{text: \"{{{{ 'x' * {piece_bytes} }}}}\"}}"
    steps = ", ".join([step] * pieces_count)
    narrow = httpx.AsyncHTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)])
    async with (
        stage(tmp_path, f"rules: [{{steps: [{steps}]}}]") as play,
        httpx.AsyncClient(transport=narrow, headers=play.client.headers, timeout=20) as client,
        client.stream("POST", play.url + CHAT, json=STREAMED_CHAT) as reply,
    ):
        chunks = reply.aiter_raw()
        read_bytes = len(await anext(chunks))
        await asyncio.sleep(1)
        (entry,) = await play.asked()
        assert not entry["ended"]
        tail = b""
        async for chunk in chunks:
            read_bytes += len(chunk)
            tail = (tail + chunk)[-100:]
    assert read_bytes > pieces_count * piece_bytes
    assert tail.endswith(b"data: [DONE]\n\n")
