"""The official Python SDK of Gemini against a running gateway, under both versions of the API."""

import base64
import enum
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from codex_proxy.simulator.unscripted.pictures import tiny_png
from tests.conformance.conftest import Gateway
from tests.scenarios.stage import KEY

MODEL = "gpt-5.4"
ASK = 'Look at both "Oslo" and "Lima".'
SAID = "You said: hello. This is the simulated gpt-5.4 speaking."
WEATHER = types.FunctionDeclaration(
    name="weather",
    description="The weather of a city.",
    parameters=types.Schema(
        type=types.Type.OBJECT, properties={"city": types.Schema(type=types.Type.STRING)}, required=["city"]
    ),
)
PICTURE = types.Part.from_bytes(data=base64.b64decode(tiny_png()), mime_type="image/png")


class City(BaseModel):
    name: str
    population: int


class Instrument(enum.Enum):
    DRUM = "Drum"
    FLUTE = "Flute"


def client_of(gateway: Gateway, *, version: str = "v1", key: str = KEY) -> genai.Client:
    options = types.HttpOptions(base_url=gateway.url, api_version=version)
    return genai.Client(api_key=key, http_options=options)


@pytest.fixture(params=["v1", "v1beta"])
def client(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    with client_of(gateway, version=request.param) as made:
        yield made


def whole(chunks: list[types.GenerateContentResponse]) -> tuple[list[types.Part], types.GenerateContentResponse]:
    """All parts of a stream, and its last chunk."""
    contents = [chunk.candidates[0].content for chunk in chunks if chunk.candidates]
    return [part for content in contents if content for part in content.parts or []], chunks[-1]


def asked(
    client: genai.Client, contents: Any, config: types.GenerateContentConfig | None, *, streamed: bool
) -> tuple[list[types.Part], types.GenerateContentResponse]:
    """The answer's parts, and the response or chunk that ends it."""
    if streamed:
        return whole(list(client.models.generate_content_stream(model=MODEL, contents=contents, config=config)))
    return whole([client.models.generate_content(model=MODEL, contents=contents, config=config)])


def text_of(parts: list[types.Part]) -> str:
    return "".join(part.text or "" for part in parts if not part.thought)


@pytest.mark.parametrize("streamed", [False, True])
def test_plain(client: genai.Client, streamed: bool) -> None:
    parts, last = asked(client, "hello", None, streamed=streamed)
    assert text_of(parts) == SAID
    assert (len(parts) > 3) is streamed
    assert last.candidates is not None
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    assert last.model_version == MODEL
    assert last.response_id
    counts = last.usage_metadata
    assert counts is not None
    told = (counts.prompt_token_count, counts.candidates_token_count, counts.thoughts_token_count)
    assert counts.total_token_count == sum(count or 0 for count in told) > 0
    assert all(part.thought is None for part in parts)


async def test_plain_asynchronously(gateway: Gateway) -> None:
    async with client_of(gateway).aio as client:
        stream = await client.models.generate_content_stream(model=MODEL, contents="hello")
        parts, _ = whole([chunk async for chunk in stream])
    assert text_of(parts) == SAID


@pytest.mark.parametrize("streamed", [False, True])
def test_tool_loop_with_parallel_calls(client: genai.Client, gateway: Gateway, streamed: bool) -> None:
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[WEATHER])],
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW),
    )
    said, _ = asked(client, ASK, config, streamed=streamed)
    calls = [part.function_call for part in said if part.function_call]
    assert [call.args for call in calls] == [{"city": "Oslo"}, {"city": "Lima"}]
    results = [
        types.Part.from_function_response(name="weather", response={"result": f"sunny {number}"}) for number in range(2)
    ]
    history = [
        types.Content(role="user", parts=[types.Part(text=ASK)]),
        types.Content(role="model", parts=said),
        types.Content(role="user", parts=results),
    ]
    parts, _ = asked(client, history, config, streamed=streamed)
    sent = gateway.asked()[-1]["body"]["input"]
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == ["sunny 0", "sunny 1"]
    kinds = [item["type"] for item in sent if item["type"] != "message"]
    assert kinds == ["reasoning", *["function_call"] * 2, *["function_call_output"] * 2]
    assert [item["encrypted_content"] for item in sent if item["type"] == "reasoning"]
    assert "The tool answered" in text_of(parts)


def test_automatic_function_calling(client: genai.Client) -> None:
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    config = types.GenerateContentConfig(tools=[weather])
    answer = client.models.generate_content(model=MODEL, contents=ASK, config=config)
    assert "The tool answered" in str(answer.text)
    assert len(answer.automatic_function_calling_history or []) == 3


def test_a_chat_keeps_its_streamed_chunks(client: genai.Client, gateway: Gateway) -> None:
    chat = client.chats.create(model=MODEL)
    list(chat.send_message_stream("hello"))
    chat.send_message("again")
    sent = gateway.asked()[-1]["body"]["input"]
    messages = [item for item in sent if item["type"] == "message"]
    assert [item["role"] for item in messages] == ["user", "assistant", "user"]
    assert [part["text"] for part in messages[1]["content"]] == [SAID]


def test_parse_into_a_schema(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
    answer = client.models.generate_content(model=MODEL, contents="a city", config=config)
    assert answer.parsed == City(name="a city", population=7)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_list_at_the_root_of_a_schema(client: genai.Client, gateway: Gateway, streamed: bool) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=list[City])
    parts, last = asked(client, "a city", config, streamed=streamed)
    form = gateway.asked()[-1]["body"]["text"]["format"]
    assert (form["strict"], form["schema"]["required"]) == (True, ["value"])
    assert text_of(parts).startswith("[")
    if not streamed:
        assert isinstance(last.parsed, list)


def test_a_bare_word_of_an_enumeration(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="text/x.enum", response_schema=Instrument)
    answer = client.models.generate_content(model=MODEL, contents="which?", config=config)
    assert answer.text == "Drum"
    assert answer.parsed is Instrument.DRUM


@pytest.mark.parametrize("streamed", [False, True])
def test_image(client: genai.Client, streamed: bool) -> None:
    parts, _ = asked(client, ["What is it?", PICTURE], None, streamed=streamed)
    assert text_of(parts) == "I see a picture of type image/png and 69 bytes."


@pytest.mark.parametrize("streamed", [False, True])
def test_thinking(client: genai.Client, streamed: bool) -> None:
    thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel.HIGH, include_thoughts=True)
    parts, last = asked(client, "think", types.GenerateContentConfig(thinking_config=thinking), streamed=streamed)
    thoughts = "".join(part.text or "" for part in parts if part.thought)
    assert thoughts == "Considering the request\n\n5 characters"
    assert [part for part in parts if part.thought_signature]
    assert last.usage_metadata is not None
    assert last.usage_metadata.thoughts_token_count


def test_models(client: genai.Client) -> None:
    listed = [model.name for model in client.models.list(config={"page_size": 2})]
    assert f"models/{MODEL}" in listed
    assert len(listed) == len(set(listed)) > 2
    assert client.models.get(model=MODEL).input_token_limit
    with pytest.raises(errors.ClientError, match="does not exist") as missing:
        client.models.get(model="gpt-nobody")
    assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")


def test_count_tokens(client: genai.Client) -> None:
    counted = client.models.count_tokens(model=MODEL, contents="hello there")
    assert counted.total_tokens


def test_errors_raise_the_sdks_own_exceptions(gateway: Gateway, client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as refused, client_of(gateway, key="wrong") as stranger:
        stranger.models.generate_content(model=MODEL, contents="hello")
    assert refused.value.code == 401
    with pytest.raises(errors.ClientError) as unknown:
        client.models.generate_content(model="gpt-nobody", contents="hello")
    assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError) as bad:
        client.models.generate_content(model=MODEL, contents="x", config={"candidate_count": 2})
    assert (bad.value.code, bad.value.status) == (400, "INVALID_ARGUMENT")
    with pytest.raises(errors.ClientError) as verb:
        client.models.embed_content(model=MODEL, contents="x")
    assert (verb.value.code, verb.value.status) == (404, "NOT_FOUND")
