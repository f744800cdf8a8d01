"""The dialogues with the backend over TLS and HTTP/2, as the gateway's real transport has them with the real one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conformance.tls import tls_front
from tests.scenarios.stage import (
    CHAT,
    FIRST_THEN_SILENCE,
    STREAMED_CHAT,
    Stage,
    chat_text,
    chunks_of,
    first_event_passes,
    stage_over,
)


@asynccontextmanager
async def stage(folder: Path, scenario: str, **settings: str) -> AsyncIterator[Stage]:
    with tls_front(folder, scenario) as front:
        base_url = f"{front.url}/backend-api"
        async with stage_over(base_url, folder / "data", settings, authority=front.authority) as made:
            yield made


async def test_plain(tmp_path: Path) -> None:
    async with stage(tmp_path, "") as play:
        whole, streamed = await play.chat("hello"), await play.chat("hello", stream=True)
        (entry, _) = await play.asked()
    assert whole.json()["choices"][0]["message"]["content"] == chat_text(streamed)
    assert "You said: hello" in chat_text(streamed)
    assert entry["http_version"] == "2"


async def test_the_first_event_passes_before_the_second_is_sent(tmp_path: Path) -> None:
    async with stage(tmp_path, FIRST_THEN_SILENCE) as play:
        assert await first_event_passes(play)


async def test_a_cut_after_content_is_a_legal_error(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: half}, {delay_ms: 20}, {cut: true}]}]") as play:
        reply = await play.chat(stream=True)
        assert len(await play.asked()) == 1
        assert await play.states() == {"active": 2}
    assert chat_text(reply) == "half"
    assert chunks_of(reply)[-1]["error"]["code"] == "stream_disconnected"


async def stalled(folder: Path, seconds: str) -> httpx.Response:
    """An answer that falls silent after its first words, where so many seconds of silence end it."""
    settings = {"API__IDLE_TIMEOUT_SECONDS": seconds, "API__HEADERS_TIMEOUT_SECONDS": seconds}
    async with stage(folder / seconds, "rules: [{steps: [{text: half}, {stall: true}]}]", **settings) as play:
        reply = await play.chat(stream=True)
        assert await play.slots_in_use() == 0
    return reply


async def test_a_stall_ends_with_the_idle_timeout(tmp_path: Path) -> None:
    reply = await stalled(tmp_path, "0.3")
    if b"half" not in reply.content:  # the machine is too busy to bring the first words in so short a time
        reply = await stalled(tmp_path, "10")
    assert chat_text(reply) == "half"
    assert chunks_of(reply)[-1]["error"]["code"] == "timeout"


async def test_a_client_that_cancels_resets_the_upstream_stream(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: half}, {stall: true}]}]") as play:
        async with play.client.stream("POST", CHAT, json=STREAMED_CHAT) as reply:
            await anext(reply.aiter_bytes())
        async with asyncio.timeout(30):
            while not (await play.asked())[0]["left_early"]:
                pass
        assert await play.slots_in_use() == 0


async def test_a_giant_frame_passes_whole(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{giant_mb: 3}]}]") as play:
        reply = await play.respond(stream=True)
    assert len(reply.content) > 3 * 1024 * 1024
    assert chunks_of(reply)[-1]["type"] == "response.completed"


async def test_a_slow_reader_loses_nothing(tmp_path: Path) -> None:
    """That the upstream is held back shows in the scenarios; hypercorn buffers whatever a window holds back."""
    pieces_count, piece_bytes = 50, 200_000
    step = f"{{text: \"{{{{ 'x' * {piece_bytes} }}}}\"}}"
    steps = ", ".join([step] * pieces_count)
    async with (
        stage(tmp_path, f"rules: [{{steps: [{steps}]}}]") as play,
        play.client.stream("POST", CHAT, json=STREAMED_CHAT) as reply,
    ):
        content = b""
        async for chunk in reply.aiter_raw(1_048_576):
            content += chunk
            await asyncio.sleep(0.02)
    assert content.count(b"x") >= pieces_count * piece_bytes
    assert content.endswith(b"data: [DONE]\n\n")


async def test_a_429_shows_the_client_only_the_second_accounts_answer(tmp_path: Path) -> None:
    limit: Any = "{error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500}}"
    first = f"{{when: {{account: account-1}}, reply: {{status: 429, body: {limit}}}}}"
    scenario = f"rules: [{first}, {{steps: [{{text: fine}}]}}]"
    async with stage(tmp_path, scenario, AUTH__ROTATION_STRATEGY="sticky") as play:
        replies = [await play.chat(stream=True) for _ in range(2)]
        callers = [entry["account"] for entry in await play.asked()]
        assert await play.states() == {"limited": 1, "active": 1}
    assert [chat_text(reply) for reply in replies] == ["fine", "fine"]
    assert callers.count("account-1") == 1
