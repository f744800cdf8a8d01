"""An answer that paused goes on: a Messages client sends it back as it was, and nothing of it is lost."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.protocols.parts.json_text import encode
from tests.bootstrap.dialects.test_anthropic import ASK, content_of, streamed
from tests.scenarios.stage import stage

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SOURCES = [{"type": "url", "url": "https://a.example"}, {"type": "url", "url": "https://b.example"}]
CALL = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "weather", "sources": SOURCES},
}
PAUSED = f"""
rules:
  - when: {{request: 1}}
    steps: [{{reasoning: [T]}}, {{text: Looking}}, {{hosted: {encode(CALL).decode()}}}, {{incomplete: max_messages}}]
  - steps: [{{text: sunny}}]
"""


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_paused_answer_goes_on_with_all_it_carried(tmp_path: Path, streaming: bool) -> None:
    async with stage(tmp_path, PAUSED) as play:
        if streaming:
            told = await streamed(play, tools=[SEARCH])
            said, reason = content_of(told), told[-2]["delta"]["stop_reason"]
        else:
            message = (await play.client.post("/v1/messages", json=ASK | {"tools": [SEARCH]})).json()
            said, reason = message["content"], message["stop_reason"]
        assert reason == "pause_turn"
        assert [block["type"] for block in said] == ["thinking", "text", "server_tool_use", "web_search_tool_result"]
        history: list[dict[str, Any]] = [*ASK["messages"], {"role": "assistant", "content": said}]
        more = await streamed(play, messages=history, tools=[SEARCH])
        paused, gone_on = [entry["body"] for entry in await play.asked()]
    assert [block["text"] for block in content_of(more)] == ["sunny"]
    assert more[-2]["delta"]["stop_reason"] == "end_turn"
    _, thought, words, search = gone_on["input"]
    assert gone_on["input"][0] == paused["input"][0]
    assert thought["encrypted_content"].startswith("gAAAA")
    assert words["content"] == [{"type": "output_text", "text": "Looking"}]
    assert search == {name: member for name, member in CALL.items() if name != "id"}


async def test_the_turn_after_it_tells_the_search_in_the_same_place(tmp_path: Path) -> None:
    async with stage(tmp_path, PAUSED) as play:
        said = content_of(await streamed(play, tools=[SEARCH]))
        history: list[dict[str, Any]] = [*ASK["messages"], {"role": "assistant", "content": said}]
        more = content_of(await streamed(play, messages=history, tools=[SEARCH]))
        history += [{"role": "assistant", "content": more}, {"role": "user", "content": "thanks"}]
        await streamed(play, messages=history, tools=[SEARCH])
        _, gone_on, later = [entry["body"]["input"] for entry in await play.asked()]
    assert later[: len(gone_on)] == gone_on
    assert [item["type"] for item in later[len(gone_on) :]] == ["message", "message"]
