"""A real LiteLLM proxy as a vendor: each official SDK through our gateway to each wire that it serves."""

import itertools
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an SDK made of an answer: its text, its calls, why it ended, and whether tokens were counted."""

    text: str
    calls: tuple[tuple[str, str, Any], ...]
    finish: str
    counted: bool = True


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
        counted=min(answer.usage.prompt_tokens, answer.usage.completion_tokens) > 0,
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
        counted=min(answer.usage.input_tokens, answer.usage.output_tokens) > 0,
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
        counted=min(answer.usage.input_tokens, answer.usage.output_tokens) > 0,
    )


ASK = {"chat": ask_chat, "responses": ask_responses, "messages": ask_messages}
ENDED = {"chat": "stop", "responses": "completed", "messages": "end_turn"}
CALLED = {"chat": "tool_calls", "responses": "completed", "messages": "tool_use"}
ELSEWHERE = {"chat": "anthropic", "responses": "chat", "messages": "responses"}
"""For each SDK the wire of another."""


def refusal(sdk: str, gateway: str, model: str) -> tuple[int, str]:
    """The status and the words with which the SDK raises."""
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        ASK[sdk](gateway, model)
    error: Any = refused.value
    return error.status_code, str(error)


@pytest.mark.timeout(300)  # it takes LiteLLM a dozen seconds of computing to start, which a busy machine has not in 60
def test_every_sdk_is_served_by_every_wire_of_a_real_server(gateway: str) -> None:
    """One test, so that one LiteLLM is started whatever number of workers there is."""
    cells = list(itertools.product(ASK, WIRES))
    told = {cell: ASK[cell[0]](gateway, f"lite-{cell[1]}:talking") for cell in cells}
    assert told == {(sdk, wire): Told(text=SAID, calls=(), finish=ENDED[sdk]) for sdk, wire in cells}

    streamed = {cell: ASK[cell[0]](gateway, f"lite-{cell[1]}:talking", stream=True) for cell in cells}
    assert streamed == told

    called = {cell: ASK[cell[0]](gateway, f"lite-{cell[1]}:calling", tool=True) for cell in cells}
    call = ("call_1", "look", {"q": "Oslo"})
    assert called == {(sdk, wire): Told(text="", calls=(call,), finish=CALLED[sdk]) for sdk, wire in cells}

    # LiteLLM answers a mock of Messages with a whole body, although a stream is asked for.
    unstreamed = {sdk: ASK[sdk](gateway, "lite-anthropic:mock", stream=True) for sdk in ASK}
    assert unstreamed == {sdk: Told(text=SAID, calls=(), finish=ENDED[sdk]) for sdk in ASK}

    for sdk, wire in ELSEWHERE.items():
        status, words = refusal(sdk, gateway, f"limited-{wire}:limited")
        assert (status, "this is a mock rate limit error" in words) == (429, True)
        status, words = refusal(sdk, gateway, f"refused-{wire}:talking")
        assert (status, "No connected db" in words) == (400, True)
