"""What the simulated backend answers in one body."""

from typing import Any

import httpx
import msgspec

from codex_proxy.simulator.backend.unstreamed import COMPACT, compact_reply, echo_reply
from tests.simulator.asking import USER, Backend, backend, token

LIMIT = "{status: 429, body: {seen: '{{ last_user_text }}'}}"


async def post(simulated: Backend, endpoint: str, body: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {token()}"}
    return await simulated.client.post(f"/codex/{endpoint}", json=body, headers=headers)


def test_a_compaction_keeps_the_users_words_and_seals_the_rest() -> None:
    answer = {"type": "message", "role": "assistant", "content": []}
    reply = compact_reply({"input": [USER, answer]}, lambda digest: f"sealed {digest[:4]}")
    kept, item = msgspec.json.decode(reply.body)["output"]
    assert kept == USER
    assert item["type"] == "compaction"
    assert item["encrypted_content"].startswith("sealed ")


def test_the_same_conversation_is_sealed_the_same_and_another_is_not() -> None:
    one, same, other = (compact_reply({"input": [USER], "model": model}, str).body for model in "aab")
    assert one == same != other


def test_an_echo_says_what_was_asked_where() -> None:
    assert msgspec.json.decode(echo_reply("alpha/search", {"q": 1}).body) == {
        "endpoint": "alpha/search",
        "asked": {"q": 1},
    }


async def test_a_sealed_item_is_known_again_and_a_made_up_one_is_not() -> None:
    async with backend() as simulated:
        output = (await post(simulated, COMPACT, {"model": "gpt-5.4", "input": [USER]})).json()["output"]
        assert await simulated.events(*output, USER)
        made_up = output[-1] | {"encrypted_content": "gAAAAmadeup"}
        refused = await post(simulated, COMPACT, {"model": "gpt-5.4", "input": [made_up]})
        streamed = await post(simulated, COMPACT, {"model": "gpt-5.4", "input": [USER], "stream": True})
    assert refused.status_code == 400
    assert (streamed.status_code, streamed.json()) == (400, {"detail": "Unsupported parameter: stream"})


async def test_a_scenario_answers_for_an_endpoint_of_its_choice() -> None:
    async with backend(f"rules: [{{when: {{endpoint: {COMPACT}}}, reply: {LIMIT}}}]") as simulated:
        limited = await post(simulated, COMPACT, {"model": "gpt-5.4", "input": [USER]})
        searched = await post(simulated, "alpha/search", {"input": 7})
        answered = await simulated.events()
    assert (limited.status_code, limited.json()) == (429, {"seen": "hello there"})
    assert searched.json() == {"endpoint": "alpha/search", "asked": {"input": 7}}
    assert answered


async def test_steps_say_nothing_to_an_endpoint_that_does_not_stream() -> None:
    async with backend("rules: [{steps: [{text: scripted}]}]") as simulated:
        reply = await post(simulated, COMPACT, {"model": "gpt-5.4", "input": [USER]})
    assert reply.json()["output"][-1]["type"] == "compaction"


async def test_nothing_else_below_is_there() -> None:
    async with backend() as simulated:
        assert (await post(simulated, "alpha/other", {})).status_code == 404
