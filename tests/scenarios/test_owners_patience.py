"""How long a whole call may take, as the owner sets it, seen by clients of each family."""

from pathlib import Path

import pytest

from tests.scenarios.stage import stage

SLOW = """
rules:
  - when: {account: account-1}
    steps: [{stall: true}]
"""
WORDS = "took longer than the 0.4 s that a whole call may take"


async def test_a_call_that_takes_too_long_moves_to_another_account_before_the_first_content(tmp_path: Path) -> None:
    async with stage(tmp_path, SLOW, API__TIMEOUT_SECONDS="0.4") as play:
        replies = [await play.chat() for _ in range(2)]
        assert [reply.status_code for reply in replies] == [200, 200]
        asked = [entry["account"] for entry in await play.asked()]
        assert asked.count("account-1") >= 1
        assert asked[-1] != "account-1"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "for ever"}]}),
        ("/v1/responses", {"input": "for ever"}),
        ("/v1/messages", {"max_tokens": 9, "messages": [{"role": "user", "content": "for ever"}]}),
        (
            "/v1beta/models/gpt-5.4:streamGenerateContent?alt=sse",
            {"contents": [{"role": "user", "parts": [{"text": "for ever"}]}]},
        ),
    ],
)
async def test_a_stream_that_takes_too_long_ends_with_words_of_its_own(
    tmp_path: Path, path: str, body: dict[str, object]
) -> None:
    scenario = "rules: [{steps: [{text: first}, {stall: true}]}]"
    async with stage(tmp_path, scenario, API__TIMEOUT_SECONDS="0.4") as play:
        streamed = body if "contents" in body else {"model": "gpt-5.4", "stream": True} | body
        reply = await play.client.post(path, json=streamed)
        assert "first" in reply.text
        assert WORDS in reply.text


async def test_a_whole_answer_that_takes_too_long_is_a_504(tmp_path: Path) -> None:
    scenario = "rules: [{steps: [{text: first}, {stall: true}]}]"
    async with stage(tmp_path, scenario, API__TIMEOUT_SECONDS="0.4", AUTH__MAX_FAILOVER_ATTEMPTS="1") as play:
        reply = await play.chat()
        assert (reply.status_code, reply.json()["error"]["code"]) == (504, "timeout")
        assert WORDS in reply.json()["error"]["message"]
