"""Text completions through the gateway: what the client gets, and what the backend was asked."""

from pathlib import Path

import pytest
from openai import AsyncOpenAI, BadRequestError

from tests.scenarios.stage import KEY, Stage, chunks_of, stage

PATH = "/v1/completions"
ABC = "rules: [{steps: [{text: 'alpha beta gamma'}]}]"


def sdk(play: Stage) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{play.url}/v1", api_key=KEY)


async def test_the_official_sdk_gets_the_same_text_whole_and_streamed(tmp_path: Path) -> None:
    async with stage(tmp_path, ABC) as play:
        async with sdk(play) as client:
            whole = await client.completions.create(model="gpt-5.4", prompt="Go on")
            stream = await client.completions.create(
                model="gpt-5.4", prompt="Go on", stream=True, stream_options={"include_usage": True}
            )
            pieces = [piece async for piece in stream]
        asked = await play.asked()
    text = "".join(choice.text for piece in pieces for choice in piece.choices)
    assert whole.choices[0].text == text == "alpha beta gamma"
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert pieces[-1].usage is not None
    assert [entry["body"]["input"][0]["content"] for entry in asked] == [[{"type": "input_text", "text": "Go on"}]] * 2
    assert "summary" not in (asked[0]["body"].get("reasoning") or {})


async def test_a_stop_string_cuts_both_ways_of_answering(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "prompt": "x", "stop": [" gamma"]}
    async with stage(tmp_path, ABC) as play:
        whole = await play.client.post(PATH, json=body)
        streamed = await play.client.post("/completions", json=body | {"stream": True})
    texts = [choice["text"] for chunk in chunks_of(streamed) for choice in chunk["choices"]]
    assert whole.json()["choices"][0] | {"text": "".join(texts)} == whole.json()["choices"][0]
    assert "".join(texts) == "alpha beta"


async def test_several_prompts_are_one_conversation_and_strict_refuses_that(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "prompt": ["one", "two"], "max_tokens": 5}
    async with stage(tmp_path) as play:
        reply = await play.client.post(PATH, json=body)
        (entry,) = await play.asked()
    assert reply.status_code == 200
    assert "prompt;approximated" in reply.headers["x-codex-proxy-notes"]
    assert "max_tokens;dropped" in reply.headers["x-codex-proxy-notes"]
    assert [item["role"] for item in entry["body"]["input"]] == ["user", "user"]
    async with stage(tmp_path, TRANSLATION__STRICT="true") as play:
        refused = await play.client.post(PATH, json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "prompt")


@pytest.mark.parametrize("member", [{"suffix": "end"}, {"echo": True}, {"n": 2}, {"best_of": 2}, {"prompt": [1, 2]}])
async def test_what_cannot_be_done_never_reaches_the_backend(tmp_path: Path, member: dict[str, object]) -> None:
    async with stage(tmp_path) as play:
        async with sdk(play) as client:
            with pytest.raises(BadRequestError) as caught:
                await client.completions.create(**{"model": "gpt-5.4", "prompt": "x"} | member)  # type: ignore[call-overload]
        asked = await play.asked()
    assert caught.value.param in member
    assert asked == []


async def test_a_limit_moves_on_and_an_overload_in_the_stream_is_an_error_frame(tmp_path: Path) -> None:
    limit = "{status: 429, body: {error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500}}}"
    cut = "{steps: [{text: first}, {failed: {code: server_is_overloaded}}]}"
    async with stage(tmp_path, f"rules: [{{when: {{account: account-1}}, reply: {limit}}}, {cut}]") as play:
        reply = await play.client.post(PATH, json={"model": "gpt-5.4", "prompt": "x", "stream": True})
        states = await play.states()
    *_, last = chunks_of(reply)
    assert reply.status_code == 200
    assert last["error"]["code"] == "overloaded"
    assert states == {"limited": 1, "active": 1}
