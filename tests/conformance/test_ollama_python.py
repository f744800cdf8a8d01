"""The official Ollama client, and OpenAI's over the same port, against a running gateway."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest
from openai import OpenAI
from pydantic import BaseModel

from codex_proxy.simulator.unscripted.pictures import tiny_png
from tests.conformance.conftest import Gateway, gateway_over, running
from tests.scenarios.stage import KEY

MODEL = "gpt-5.4"
SAID = "You said: hello. This is the simulated gpt-5.4 speaking."
ASK = 'Look at both "Oslo" and "Lima".'
BROKEN = "rules: [{steps: [{text: half}, {failed: {code: server_error, message: it broke}}]}]"


class City(BaseModel):
    name: str
    population: int


def weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: where
    """
    return f"sunny in {city}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged:
    """A gateway, and the address of its bridge."""

    gateway: Gateway
    url: str


@contextmanager
def bridged(backend: str, data_dir: Path) -> Iterator[Bridged]:
    """A gateway whose bridge listens on a free port."""
    settings = {"OLLAMA_BRIDGE_ENABLED": "true", "OLLAMA_BRIDGE_PORT": "0"}
    with gateway_over(backend, data_dir, **settings) as gateway:
        headers = {"authorization": f"Bearer {KEY}"}
        status = httpx.get(f"{gateway.url}/admin/ollama-status", headers=headers, trust_env=False, timeout=60).json()
        yield Bridged(gateway=gateway, url=status["url"])


@pytest.fixture(scope="module")
def bridge(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridged]:
    with bridged(gateway.backend, tmp_path_factory.mktemp("bridge")) as made:
        yield made


@pytest.fixture
def client(bridge: Bridged) -> Iterator[ollama.Client]:
    with ollama.Client(host=bridge.url, trust_env=False) as made:
        yield made


def user(content: str, **more: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content, **more}]


def test_models_are_listed_shown_loaded_and_pulled(client: ollama.Client) -> None:
    names = [model.model for model in client.list().models]
    assert f"{MODEL}:latest" in names
    shown = client.show(f"{MODEL}:latest")
    assert shown.modelinfo is not None
    assert shown.modelinfo["codex.context_length"] == 272_000
    assert set(shown.capabilities or []) == {"completion", "tools", "vision", "thinking"}
    assert f"{MODEL}:latest" in [model.name for model in client.ps().models]
    assert client.pull(MODEL).status == "success"
    assert [part.status for part in client.pull(MODEL, stream=True)] == ["success"]
    assert client.generate(MODEL).done_reason == "load"
    assert client.chat(MODEL, [], keep_alive=0).done_reason == "unload"


@pytest.mark.parametrize("streamed", [False, True])
def test_chat(client: ollama.Client, streamed: bool) -> None:
    if streamed:
        parts = list(client.chat(MODEL, user("hello"), stream=True))
        assert len([part for part in parts if part.message.content]) > 3
        text, last = "".join(part.message.content or "" for part in parts), parts[-1]
    else:
        last = client.chat(MODEL, user("hello"))
        text = last.message.content or ""
    assert text == SAID
    assert (last.model, last.done, last.done_reason) == (MODEL, True, "stop")
    assert last.prompt_eval_count
    assert last.eval_count
    assert last.total_duration
    assert last.eval_duration is not None


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_loop_with_two_calls_of_one_tool(client: ollama.Client, bridge: Bridged, streamed: bool) -> None:
    """Results carry the tool's name and no id."""
    history: list[Any] = user(ASK)
    if streamed:
        parts = list(client.chat(MODEL, history, tools=[weather], stream=True))
        calls = [call for part in parts for call in part.message.tool_calls or []]
        assert parts[-1].done_reason == "stop"
        assert not parts[-1].message.tool_calls
        history.append({"role": "assistant", "tool_calls": calls})
    else:
        message = client.chat(MODEL, history, tools=[weather]).message
        calls = list(message.tool_calls or [])
        history.append(message)
    assert [(call.function.name, dict(call.function.arguments)) for call in calls] == [
        ("weather", {"city": "Oslo"}),
        ("weather", {"city": "Lima"}),
    ]
    for call in calls:
        told = weather(**call.function.arguments)
        history.append({"role": "tool", "content": told, "tool_name": call.function.name})
    answer = client.chat(MODEL, history, tools=[weather])
    sent = bridge.gateway.asked()[-1]["body"]["input"]
    asked = {item["call_id"]: item["arguments"] for item in sent if item["type"] == "function_call"}
    outputs = {item["call_id"]: item["output"] for item in sent if item["type"] == "function_call_output"}
    assert [outputs[call_id] for call_id in asked] == ["sunny in Oslo", "sunny in Lima"]
    assert "The tool answered" in str(answer.message.content)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_picture(client: ollama.Client, streamed: bool) -> None:
    asked = user("What is it?", images=[tiny_png()])
    if streamed:
        text = "".join(part.message.content or "" for part in client.chat(MODEL, asked, stream=True))
    else:
        text = client.chat(MODEL, asked).message.content or ""
    assert text == "I see a picture of type image/png and 69 bytes."


def test_an_answer_in_a_schema(client: ollama.Client, bridge: Bridged) -> None:
    answer = client.chat(MODEL, user("a city"), format=City.model_json_schema())
    assert City.model_validate_json(str(answer.message.content)) == City(name="a city", population=7)
    assert bridge.gateway.asked()[-1]["body"]["text"]["format"]["type"] == "json_schema"
    assert client.chat(MODEL, user("a city"), format="json").message.content == '{"answer":"a city"}'


@pytest.mark.parametrize("streamed", [False, True])
def test_thoughts_are_told_apart_and_can_be_switched_off(
    client: ollama.Client, bridge: Bridged, streamed: bool
) -> None:
    if streamed:
        parts = list(client.chat(MODEL, user("think"), think="high", stream=True))
        thoughts = "".join(part.message.thinking or "" for part in parts)
    else:
        thoughts = client.chat(MODEL, user("think"), think="high").message.thinking or ""
    assert thoughts == "Considering the request\n\n5 characters"
    assert bridge.gateway.asked()[-1]["body"]["reasoning"]["effort"] == "high"
    assert client.chat(MODEL, user("think"), think=False).message.thinking is None


@pytest.mark.parametrize("streamed", [False, True])
def test_generate(client: ollama.Client, bridge: Bridged, streamed: bool) -> None:
    asked: dict[str, Any] = {"prompt": "hello", "system": "be brief", "options": {"num_ctx": 4096, "temperature": 0}}
    if streamed:
        parts = list(client.generate(MODEL, **asked, stream=True))
        text, last = "".join(part.response or "" for part in parts), parts[-1]
    else:
        last = client.generate(MODEL, **asked)
        text = last.response or ""
    assert text == SAID
    assert (last.done, last.done_reason, last.context) == (True, "stop", [])
    assert bridge.gateway.asked()[-1]["body"]["instructions"] == "be brief"


def test_errors_raise_the_clients_own_exception(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'nobody' not found") as missing:
        client.chat("nobody", user("x"))
    assert missing.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.show("nobody")
    with pytest.raises(ollama.ResponseError, match="no vendor key here is for embeddings") as unable:
        client.embed(MODEL, "x")
    assert unable.value.status_code == 501
    with pytest.raises(ollama.ResponseError, match="messages"):
        list(client.chat(MODEL, [{"role": "robot"}], stream=True))


def test_an_error_within_a_stream_raises_after_what_was_said(tmp_path: Path) -> None:
    scenario = tmp_path / "broken.yaml"
    scenario.write_text(BROKEN)
    with (
        running("simulate", "--port", "0", "--scenario", str(scenario)) as backend,
        bridged(backend, tmp_path / "data") as made,
        ollama.Client(host=made.url, trust_env=False) as client,
    ):
        parts = client.chat(MODEL, user("x"), stream=True)
        assert next(parts).message.content == "half"
        with pytest.raises(ollama.ResponseError, match="it broke"):
            list(parts)


async def test_the_asynchronous_client(bridge: Bridged) -> None:
    async with ollama.AsyncClient(host=bridge.url, trust_env=False) as client:
        parts = [part async for part in await client.chat(MODEL, user("hello"), stream=True)]
    assert "".join(part.message.content or "" for part in parts) == SAID


def test_openais_client_over_the_same_port(bridge: Bridged) -> None:
    """Some clients of this port ask it for ``/v1/responses``."""
    asked: Any = {"model": MODEL, "messages": user("hello")}
    with OpenAI(base_url=f"{bridge.url}/v1", api_key="ollama", max_retries=0) as client:
        assert client.chat.completions.create(**asked).choices[0].message.content == SAID
        chunks = list(client.chat.completions.create(**asked, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == SAID
        assert client.responses.create(model=MODEL, input="hello").output_text == SAID
        assert MODEL in [model.id for model in client.models.list()]
