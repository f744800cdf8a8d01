"""A real LiteLLM proxy as a vendor: each official SDK through our gateway to each wire that it serves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.conformance.conftest import running
from tests.conformance.litellm_proxy import MASTER_KEY, SAID, litellm_proxy
from tests.scenarios.stage import KEY

WIRES = ("chat", "responses", "anthropic")
LOOK = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
FAILURES: tuple[type[Exception], ...] = (openai.APIStatusError, anthropic.APIStatusError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an SDK made of an answer: its text, its calls, why it ended and the counts of tokens."""

    text: str
    calls: tuple[tuple[str, str, Any], ...]
    finish: str
    tokens: tuple[int, int]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway whose vendors are one LiteLLM, by wire; beside each stands one with a key that is not known there."""
    folder = tmp_path_factory.mktemp("litellm")
    with litellm_proxy(folder) as vendor:
        _configure(folder, vendor)
        arguments = ("serve", "--port", "0", "--data-dir", str(folder))
        with running(*arguments, CODEX_PROXY_SERVER__PROXY_API_KEY=KEY) as url:
            yield url


def _configure(folder: Path, vendor: str) -> None:
    vendors = {}
    for wire in WIRES:
        place = {"base_url": vendor if wire == "anthropic" else f"{vendor}/v1", "wire": wire, "allow_private": True}
        for name, models in {"lite": ["talking", "calling", "mock"], "limited": ["limited"]}.items():
            vendors[f"{name}-{wire}"] = place | {"api_key": MASTER_KEY, "models": models}
        vendors[f"refused-{wire}"] = place | {"api_key": "sk-unknown", "models": ["talking"]}
    (folder / "local.yaml").write_text(json.dumps({"providers": {"custom": vendors}}))  # JSON is YAML too


def ask_chat(gateway: str, model: str, *, stream: bool = False, tool: bool = False) -> Told:
    asked: Any = {"model": model, "messages": [{"role": "user", "content": "Say something."}]}
    if tool:
        asked["tools"] = [{"type": "function", "function": {"name": "look", "parameters": LOOK}}]
    with openai.OpenAI(base_url=f"{gateway}/v1", api_key=KEY, max_retries=0) as client:
        if stream:
            with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
                answer: Any = events.get_final_completion()
        else:
            answer = client.chat.completions.create(**asked)
    message = answer.choices[0].message
    calls = [(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    return Told(
        text=message.content or "",
        calls=tuple(calls),
        finish=answer.choices[0].finish_reason,
        tokens=(answer.usage.prompt_tokens, answer.usage.completion_tokens),
    )


def ask_responses(gateway: str, model: str, *, stream: bool = False, tool: bool = False) -> Told:
    asked: Any = {"model": model, "input": "Say something."}
    if tool:
        asked["tools"] = [{"type": "function", "name": "look", "parameters": LOOK, "strict": False}]
    with openai.OpenAI(base_url=f"{gateway}/v1", api_key=KEY, max_retries=0) as client:
        if stream:
            with client.responses.stream(**asked) as events:
                answer: Any = events.get_final_response()
        else:
            answer = client.responses.create(**asked)
    items = [item for item in answer.output if item.type == "function_call"]
    return Told(
        text=answer.output_text,
        calls=tuple((item.call_id, item.name, json.loads(item.arguments)) for item in items),
        finish=answer.status,
        tokens=(answer.usage.input_tokens, answer.usage.output_tokens),
    )


def ask_messages(gateway: str, model: str, *, stream: bool = False, tool: bool = False) -> Told:
    asked: Any = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Say something."}]}
    if tool:
        asked["tools"] = [{"name": "look", "input_schema": LOOK}]
    with anthropic.Anthropic(base_url=gateway, api_key=KEY, max_retries=0) as client:
        if stream:
            with client.messages.stream(**asked) as events:
                answer: Any = events.get_final_message()
        else:
            answer = client.messages.create(**asked)
    return Told(
        text="".join(block.text for block in answer.content if block.type == "text"),
        calls=tuple((block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"),
        finish=answer.stop_reason,
        tokens=(answer.usage.input_tokens, answer.usage.output_tokens),
    )


ASK = {"chat": ask_chat, "responses": ask_responses, "messages": ask_messages}
ENDED = {"chat": "stop", "responses": "completed", "messages": "end_turn"}
CALLED = {"chat": "tool_calls", "responses": "completed", "messages": "tool_use"}

every_sdk = pytest.mark.parametrize("sdk", ASK)
each_sdk_with_another_wire = pytest.mark.parametrize(
    ("sdk", "wire"), [("chat", "anthropic"), ("responses", "chat"), ("messages", "responses")]
)
every_wire = pytest.mark.parametrize("wire", WIRES)


@every_sdk
@every_wire
@pytest.mark.parametrize("stream", [False, True])
def test_what_the_vendor_says_is_read_by_every_sdk(gateway: str, sdk: str, wire: str, *, stream: bool) -> None:
    told = ASK[sdk](gateway, f"lite-{wire}:talking", stream=stream)
    assert (told.text, told.finish, told.calls) == (SAID, ENDED[sdk], ())
    assert min(told.tokens) > 0


@every_sdk
@every_wire
def test_a_call_of_a_tool_arrives(gateway: str, sdk: str, wire: str) -> None:
    told = ASK[sdk](gateway, f"lite-{wire}:calling", tool=True)
    assert told.calls == (("call_1", "look", {"q": "Oslo"}),)
    assert told.finish == CALLED[sdk]


@every_sdk
def test_a_whole_answer_in_place_of_a_stream_is_streamed(gateway: str, sdk: str) -> None:
    told = ASK[sdk](gateway, "lite-anthropic:mock", stream=True)
    assert (told.text, told.finish) == (SAID, ENDED[sdk])


@each_sdk_with_another_wire
def test_a_limit_of_the_vendor_is_told_in_its_words(gateway: str, sdk: str, wire: str) -> None:
    with pytest.raises(FAILURES, match="this is a mock rate limit error") as refused:
        ASK[sdk](gateway, f"limited-{wire}:limited")
    error: Any = refused.value
    assert error.status_code == 429


@each_sdk_with_another_wire
def test_a_key_that_the_vendor_does_not_know_is_told(gateway: str, sdk: str, wire: str) -> None:
    with pytest.raises(FAILURES, match="No connected db") as refused:
        ASK[sdk](gateway, f"refused-{wire}:talking")
    error: Any = refused.value
    assert error.status_code == 400
