"""The official Python SDK against a running gateway."""

from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from codex_proxy.simulator.unscripted.pictures import tiny_png
from tests.conformance import scripts
from tests.conformance.conftest import Gateway, Stand
from tests.scenarios.stage import KEY

MODEL = "gpt-5.4"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS, "strict": True}}]
TOOLS: Any = [{"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": True}]
ASK = 'Look at both "Oslo" and "Lima".'
PICTURE = f"data:image/png;base64,{tiny_png()}"


class City(BaseModel):
    name: str
    population: int


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    with OpenAI(base_url=gateway.base_url, api_key=KEY, max_retries=0) as made:
        yield made


def user(content: Any) -> Any:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize("streamed", [False, True])
def test_chat_plain(client: OpenAI, streamed: bool) -> None:
    if streamed:
        with client.chat.completions.stream(
            model=MODEL, messages=user("hello"), stream_options={"include_usage": True}
        ) as stream:
            deltas = [event for event in stream if event.type == "content.delta"]
            answer: Any = stream.get_final_completion()
        assert len(deltas) > 3
    else:
        answer = client.chat.completions.create(model=MODEL, messages=user("hello"))
    assert answer.choices[0].message.content == "You said: hello. This is the simulated gpt-5.4 speaking."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_chat_tool_loop_with_parallel_calls(client: OpenAI, gateway: Gateway, streamed: bool) -> None:
    asked: Any = {"model": MODEL, "tools": CHAT_TOOLS, "parallel_tool_calls": True}
    if streamed:
        with client.chat.completions.stream(messages=user(ASK), **asked) as stream:
            first = stream.get_final_completion()
    else:
        first = client.chat.completions.create(messages=user(ASK), **asked)
    said: Any = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert said.tool_calls is not None
    cities = [call.function.arguments for call in said.tool_calls]
    assert cities == ['{"city":"Oslo"}', '{"city":"Lima"}']
    results: Any = [
        {"role": "tool", "tool_call_id": call.id, "content": f"sunny {number}"}
        for number, call in enumerate(said.tool_calls)
    ]
    second = client.chat.completions.create(messages=[*user(ASK), said.to_dict(), *results], **asked)
    sent = gateway.asked()[-1]["body"]["input"]
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == ["sunny 0", "sunny 1"]
    assert "The tool answered" in str(second.choices[0].message.content)


def test_chat_parse_into_a_schema(client: OpenAI) -> None:
    answer = client.chat.completions.parse(model=MODEL, messages=user("a city"), response_format=City)
    assert answer.choices[0].message.parsed == City(name="a city", population=7)


@pytest.mark.parametrize("streamed", [False, True])
def test_chat_image(client: OpenAI, streamed: bool) -> None:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    if streamed:
        with client.chat.completions.stream(model=MODEL, messages=user(parts)) as stream:
            answer: Any = stream.get_final_completion()
    else:
        answer = client.chat.completions.create(model=MODEL, messages=user(parts))
    assert answer.choices[0].message.content == "I see a picture of type image/png and 69 bytes."


def test_chat_reasoning(client: OpenAI) -> None:
    asked: Any = {"model": MODEL, "messages": user("think"), "reasoning_effort": "high"}
    whole = client.chat.completions.create(**asked)
    message = whole.choices[0].message.to_dict()
    chunks = list(client.chat.completions.create(**asked, stream=True))
    told = [chunk.choices[0].delta.to_dict().get("reasoning_content") or "" for chunk in chunks if chunk.choices]
    assert message["reasoning_content"] == "".join(map(str, told)) == "Considering the request\n\n5 characters"
    assert whole.usage is not None
    assert whole.usage.completion_tokens_details is not None
    assert whole.usage.completion_tokens_details.reasoning_tokens


@pytest.mark.parametrize("streamed", [False, True])
def test_responses_plain(client: OpenAI, streamed: bool) -> None:
    if streamed:
        with client.responses.stream(model=MODEL, input="hello") as stream:
            deltas = [event for event in stream if event.type == "response.output_text.delta"]
            answer: Any = stream.get_final_response()
        assert len(deltas) > 3
    else:
        answer = client.responses.create(model=MODEL, input="hello")
    assert answer.output_text == "You said: hello. This is the simulated gpt-5.4 speaking."
    assert answer.status == "completed"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_responses_tool_loop_with_parallel_calls(client: OpenAI, gateway: Gateway, streamed: bool) -> None:
    asked: Any = {
        "model": MODEL,
        "tools": TOOLS,
        "parallel_tool_calls": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low"},
    }
    if streamed:
        with client.responses.stream(input=user(ASK), **asked) as stream:
            first: Any = stream.get_final_response()
    else:
        first = client.responses.create(input=user(ASK), **asked)
    calls = [item for item in first.output if item.type == "function_call"]
    assert [call.arguments for call in calls] == ['{"city":"Oslo"}', '{"city":"Lima"}']
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": f"sunny {number}"}
        for number, call in enumerate(calls)
    ]
    history = [*user(ASK), *(item.to_dict() for item in first.output), *results]
    second = client.responses.create(input=history, **asked)
    sent = gateway.asked()[-1]["body"]["input"]
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == ["sunny 0", "sunny 1"]
    assert [item["encrypted_content"] for item in sent if item["type"] == "reasoning"]
    assert "The tool answered" in second.output_text


def test_responses_parse_into_a_schema(client: OpenAI) -> None:
    answer = client.responses.parse(model=MODEL, input="a city", text_format=City)
    assert answer.output_parsed == City(name="a city", population=7)


def test_responses_image(client: OpenAI) -> None:
    parts = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": PICTURE}]
    answer = client.responses.create(model=MODEL, input=user(parts))
    assert answer.output_text == "I see a picture of type image/png and 69 bytes."


def test_responses_reasoning(client: OpenAI) -> None:
    asked: Any = {"model": MODEL, "input": "think", "reasoning": {"effort": "high", "summary": "auto"}}
    whole = client.responses.create(**asked)
    (thoughts,) = [item for item in whole.output if item.type == "reasoning"]
    events = list(client.responses.create(**asked, stream=True))
    told = "".join(event.delta for event in events if event.type == "response.reasoning_summary_text.delta")
    assert [part.text for part in thoughts.summary] == ["Considering the request", "5 characters"]
    assert told == "Considering the request5 characters"
    assert whole.usage is not None
    assert whole.usage.output_tokens_details.reasoning_tokens


def test_models(client: OpenAI) -> None:
    listed = [model.id for model in client.models.list()]
    assert MODEL in listed
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.models.retrieve("gpt-nobody")


def test_errors_raise_the_sdks_own_exceptions(gateway: Gateway, client: OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        OpenAI(base_url=gateway.base_url, api_key="wrong", max_retries=0).models.list()
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=[])
    assert caught.value.param == "messages"
    with pytest.raises(openai.NotFoundError) as missing:
        client.responses.create(model="gpt-nobody", input="x")
    assert missing.value.code == "model_not_found"


def helped(client: OpenAI) -> None:
    with client.responses.stream(model=MODEL, input="hello") as stream:
        stream.get_final_response()


IN_MID_STREAM: dict[str, Callable[[OpenAI], object]] = {
    "responses": lambda client: list(client.responses.create(model=MODEL, input="hello", stream=True)),
    "responses helper": helped,
    "chat": lambda client: list(client.chat.completions.create(model=MODEL, messages=user("hello"), stream=True)),
}


@pytest.mark.parametrize("fault", [scripts.BROKEN, scripts.FAILED], ids=["error", "failed"])
@pytest.mark.parametrize("ask", IN_MID_STREAM.values(), ids=IN_MID_STREAM)
def test_a_failure_in_mid_stream_raises_with_the_backends_words(
    stand: Stand, ask: Callable[[OpenAI], object], fault: list[scripts.Rule]
) -> None:
    stand.play(fault)
    with (
        OpenAI(base_url=stand.gateway.base_url, api_key=KEY, max_retries=0) as client,
        pytest.raises(openai.APIError) as caught,
    ):
        ask(client)
    assert caught.value.message == scripts.BROKE
