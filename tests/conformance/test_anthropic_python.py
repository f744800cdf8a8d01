"""The official Python SDK against a running gateway, and the dialogue that Claude Code leads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import Anthropic
from pydantic import BaseModel

from codex_proxy.simulator.unscripted.pictures import tiny_png
from scripts.evidence.captures import Capture, Scope, read_all
from tests.conformance.conftest import Gateway
from tests.scenarios.stage import KEY

CAPTURES = [Path(__file__).parents[3] / "shared" / "captures" / name for name in ("claude-code", "opencode")]
MODEL = "claude-opus-5-5"
SERVED = "gpt-5.5"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [{"name": "weather", "description": "How the weather is.", "input_schema": PARAMETERS}]
ASK = 'Look at both "Oslo" and "Lima".'
PICTURE: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": tiny_png()}}


class City(BaseModel):
    name: str
    population: int


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Anthropic]:
    with Anthropic(base_url=gateway.url, api_key=KEY, max_retries=0) as made:
        yield made


def user(content: Any) -> Any:
    return [{"role": "user", "content": content}]


def say(client: Anthropic, *, streamed: bool, **asked: Any) -> Any:
    body: Any = {"model": MODEL, "max_tokens": 1000} | asked
    if not streamed:
        return client.messages.create(**body)
    with client.messages.stream(**body) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("streamed", [False, True])
def test_plain(client: Anthropic, streamed: bool) -> None:
    answer = say(client, streamed=streamed, messages=user("hello"))
    (said,) = answer.content
    assert said.text == f"You said: hello. This is the simulated {SERVED} speaking."
    assert (answer.stop_reason, answer.stop_sequence, answer.model) == ("end_turn", None, MODEL)
    assert answer.id.startswith("msg_")
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0


def test_a_stream_tells_the_prompts_size_at_once_and_pings(client: Anthropic, gateway: Gateway) -> None:
    body = {"model": MODEL, "max_tokens": 9, "messages": user("x" * 360), "stream": True}
    headers = {"authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21"}
    raw = httpx.post(f"{gateway.url}/v1/messages?beta=true", json=body, headers=headers, trust_env=False, timeout=60)
    assert raw.headers["content-type"].startswith("text/event-stream")
    frames = [frame.split("\n") for frame in raw.text.strip().split("\n\n")]
    assert all(first.startswith("event: ") and second.startswith("data: {") for first, second in frames)
    assert [frame[0] for frame in frames[:2]] == ["event: message_start", "event: ping"]
    assert frames[-1][0] == "event: message_stop"
    assert '"input_tokens":100,' in frames[0][1]


@pytest.mark.parametrize("streamed", [False, True])
def test_tool_loop_with_parallel_calls(client: Anthropic, gateway: Gateway, streamed: bool) -> None:
    asked: Any = {"tools": TOOLS, "thinking": {"type": "adaptive"}, "streamed": streamed}
    first = say(client, messages=user(ASK), **asked)
    assert first.stop_reason == "tool_use"
    thought, *calls = first.content
    assert thought.thinking == f"Considering the request\n\n{len(ASK)} characters"
    assert [(call.name, call.input) for call in calls] == [("weather", {"city": "Oslo"}), ("weather", {"city": "Lima"})]
    results: Any = [
        {"type": "tool_result", "tool_use_id": calls[0].id, "content": "sunny 0"},
        {"type": "tool_result", "tool_use_id": calls[1].id, "content": "rain", "is_error": True},
        {"type": "text", "text": "And now?"},
    ]
    history = [*user(ASK), {"role": "assistant", "content": first.to_dict()["content"]}, *user(results)]
    second = say(client, messages=history, **asked)
    sent = gateway.asked()[-1]["body"]["input"]
    kinds = [item["type"] for item in sent]
    assert kinds == ["message", "reasoning", *["function_call"] * 2, *["function_call_output"] * 2, "message"]
    assert sent[1]["encrypted_content"].startswith("gAAAA")
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == [
        "sunny 0",
        "[tool error]\nrain",
    ]
    assert second.stop_reason == "tool_use"  # the simulator looks again when the user speaks again


def test_the_runner_goes_on_without_a_thread(client: Anthropic, gateway: Gateway) -> None:
    @anthropic.beta_tool
    def weather(city: str) -> str:
        """How the weather is."""
        return f"sunny in {city}"

    runner = client.beta.messages.tool_runner(
        model=MODEL, max_tokens=1000, tools=[weather], messages=user('In "Oslo"?')
    )
    final: Any = runner.until_done()
    assert "The tool answered" in final.content[-1].text
    sent = gateway.asked()[-1]["body"]["input"]
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == ["sunny in Oslo"]


def test_parse_into_a_schema(client: Anthropic) -> None:
    answer = client.messages.parse(model=MODEL, max_tokens=100, messages=user("a city"), output_format=City)
    assert answer.parsed_output == City(name="a city", population=7)


@pytest.mark.parametrize("streamed", [False, True])
def test_image(client: Anthropic, streamed: bool) -> None:
    answer = say(client, streamed=streamed, messages=user([{"type": "text", "text": "What is it?"}, PICTURE]))
    assert answer.content[-1].text == "I see a picture of type image/png and 69 bytes."


def test_thoughts_that_are_left_out_keep_their_signature(client: Anthropic) -> None:
    thinking = {"type": "adaptive", "display": "omitted"}
    asked: Any = {"thinking": thinking, "output_config": {"effort": "high"}, "messages": user("think")}
    for streamed in (False, True):
        thought = say(client, streamed=streamed, **asked).content[0]
        assert (thought.type, thought.thinking) == ("thinking", "")
        assert thought.signature.startswith("cpx1.")
    plain = say(client, streamed=True, messages=user("think"))
    assert [block.type for block in plain.content] == ["text"]


@pytest.mark.parametrize("streamed", [False, True])
def test_web_search(client: Anthropic, streamed: bool) -> None:
    tools: Any = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]
    choice = {"type": "tool", "name": "web_search"}
    answer = say(client, streamed=streamed, tools=tools, tool_choice=choice, messages=user("news"))
    kinds = {block.type for block in answer.content}
    assert kinds == {"server_tool_use", "web_search_tool_result", "text"}
    call = next(block for block in answer.content if block.type == "server_tool_use")
    result = next(block for block in answer.content if block.type == "web_search_tool_result")
    assert (call.name, call.input, result.tool_use_id) == ("web_search", {"query": "news"}, call.id)
    assert answer.usage.server_tool_use.web_search_requests == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_stop_sequence(client: Anthropic, streamed: bool) -> None:
    answer = say(client, streamed=streamed, messages=user("hello"), stop_sequences=["simulated"])
    assert answer.content[-1].text == "You said: hello. This is the "
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "simulated")


def test_count_tokens(client: Anthropic) -> None:
    short = client.messages.count_tokens(model=MODEL, messages=user("hello"), tools=TOOLS)
    pictured = client.messages.count_tokens(model=MODEL, messages=user([PICTURE, PICTURE]), tools=TOOLS)
    assert 0 < short.input_tokens < pictured.input_tokens < 5000


def test_models(client: Anthropic) -> None:
    page = client.models.list(limit=2)
    assert page.has_more
    listed = [model.id for model in client.models.list(limit=2)]
    assert len(listed) == len(set(listed)) > 2
    model = client.models.retrieve(SERVED)
    assert (model.id, model.type, model.lifecycle) == (SERVED, "model", "active")
    assert model.max_input_tokens
    with pytest.raises(anthropic.NotFoundError, match="does not exist"):
        client.models.retrieve("claude-nobody")


def test_errors_raise_the_sdks_own_exceptions(gateway: Gateway, client: Anthropic) -> None:
    asked: Any = {"model": MODEL, "max_tokens": 9}
    with pytest.raises(anthropic.AuthenticationError):
        Anthropic(base_url=gateway.url, api_key="wrong", max_retries=0).messages.create(messages=user("x"), **asked)
    with pytest.raises(anthropic.BadRequestError, match="at least one message") as caught:
        client.messages.create(messages=[], **asked)
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["request_id"] == caught.value.request_id
    with pytest.raises(anthropic.NotFoundError, match="does not exist"):
        client.messages.create(messages=user("x"), model="nobody", max_tokens=9)
    with pytest.raises(anthropic.NotFoundError, match="not served"):
        client.messages.batches.list()


@pytest.mark.parametrize("path", ["/messages", "/anthropic/v1/messages", "/v1//messages", "/v1/v1/messages"])
def test_paths_that_clients_use(gateway: Gateway, path: str) -> None:
    body = {"model": MODEL, "max_tokens": 9, "messages": user("hello")}
    answer = httpx.post(gateway.url + path, json=body, headers={"x-api-key": KEY}, trust_env=False, timeout=60)
    assert answer.json()["type"] == "message"
    assert answer.headers["request-id"] == answer.headers["x-request-id"]


def test_what_claude_code_asks_beside_messages(gateway: Gateway) -> None:
    assert httpx.head(f"{gateway.url}/api/hello", trust_env=False).status_code == 200
    path = "/api/event_logging/batch"
    assert httpx.post(gateway.url + path, json={"events": []}, trust_env=False, timeout=60).json() == {}
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    listed = httpx.get(f"{gateway.url}/v1/models?limit=1000", headers=headers, trust_env=False, timeout=60).json()
    assert {"data", "has_more", "first_id", "last_id"} == set(listed)


@pytest.mark.recordings
def test_captured_requests_of_claude_code_and_opencode_are_answered(gateway: Gateway) -> None:
    folders = [folder for folder in CAPTURES if folder.is_dir()]
    if not folders:
        pytest.skip("no captured requests: they are kept outside the repository")
    captures = [read for read in read_all(folders) if isinstance(read, Capture) and read.scope is Scope.MESSAGES]
    assert len(captures) > 30
    with httpx.Client(trust_env=False, timeout=20) as client:
        for capture in captures:
            headers = {name: value for name, value in capture.headers.items() if name.startswith(("anthropic-", "x-c"))}
            answer = client.post(
                f"{gateway.url}{capture.target}?beta=true",
                content=json.dumps(capture.body).encode(),
                headers={"x-api-key": KEY, **headers},
            )
            assert answer.status_code == 200, f"{capture.path.name}: {answer.text[:300]}"
            if capture.object.get("stream"):
                assert answer.text.rstrip().endswith('data: {"type":"message_stop"}'), capture.path.name
