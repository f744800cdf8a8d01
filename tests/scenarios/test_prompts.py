"""What Anthropic's clients hear of their prompts: their size at the start of a stream, and those only to be cached."""

import json
from pathlib import Path
from typing import Any

from tests.scenarios.stage import Stage, chunks_of, stage

MESSAGES = "/v1/messages"
SESSION = {"x-claude-code-session-id": "b4085e40-a591-497b-926a-001fc57d48e1"}
COUNTED = "rules: [{usage: {input_tokens: 5000, output_tokens: 3}, steps: [{text: yes}]}]"
WARM: dict[str, Any] = {"model": "gpt-5.4", "max_tokens": 0, "messages": [{"role": "user", "content": "hi"}]}


async def told(play: Stage, *texts: str, headers: dict[str, str] | None = None) -> tuple[int, int]:
    """What the stream of a conversation's next turn says of its prompt, at the start and at the end."""
    roles = ("user", "assistant") * len(texts)
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    body = {"model": "gpt-5.4", "max_tokens": 100, "stream": True, "messages": messages}
    events = chunks_of(await play.client.post(MESSAGES, json=body, headers=headers or SESSION))
    return events[0]["message"]["usage"]["input_tokens"], events[-2]["usage"]["input_tokens"]


async def test_a_prompt_is_told_by_what_the_last_one_counted_and_the_size_of_what_is_new(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        assert await told(play, "x" * 360) == (100, 5000)
        assert await told(play, "x" * 360, "yes", "y" * 357) == (5100, 5000)
        assert await told(play, "x" * 36) == (10, 5000)  # a compaction, or an errand of the client's


async def test_a_conversation_that_names_itself_not_is_known_by_its_beginning(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        assert await told(play, "x" * 360, headers={"user-agent": "x"}) == (100, 5000)
        assert await told(play, "x" * 360, "yes", "y" * 357, headers={"user-agent": "x"}) == (5100, 5000)
        assert await told(play, "z" * 360, headers={"user-agent": "x"}) == (100, 5000)


async def test_a_prompt_to_be_cached_is_answered_without_the_backend(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(MESSAGES, json=WARM)
        streamed = chunks_of(await play.client.post(MESSAGES, json=WARM | {"stream": True}))
        unknown = await play.client.post(MESSAGES, json=WARM | {"model": "nobodys-model"})
        assert await play.asked() == []
    message = reply.json()
    assert (message["content"], message["stop_reason"]) == ([], "max_tokens")
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (0, 0)
    assert reply.headers["x-codex-proxy-notes"] == "max_tokens;emulated"
    assert "x-codex-proxy-account" not in reply.headers
    assert [event["type"] for event in streamed] == ["message_start", "ping", "message_delta", "message_stop"]
    assert streamed[-2]["delta"] == {"stop_reason": "max_tokens", "stop_sequence": None}
    assert (unknown.status_code, json.loads(unknown.content)["error"]["type"]) == (404, "not_found_error")
