"""The official SDKs against the simulated vendors: each accepts whatever a script says, streamed and whole."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from codex_proxy.simulator.sections.vendors import Wire
from codex_proxy.simulator.vendors.embeddings import vector
from codex_proxy.simulator.vendors.sound import heard, spoken
from tests.simulator.vendors.asking import KEY, LOOK, MODEL, Vendors, vendors

SCRIPT = """
vendors:
  acme:
    models: [m-1, m-2]
    rules:
      - {when: {contains: plainly}, steps: [{text: Good day to you.}], usage: {input_tokens: 11, output_tokens: 5}}
      - {when: {contains: thoughtfully}, steps: [{reasoning: [Let me see.]}, {text: Seen.}]}
      - when: {contains: both}
        steps:
          - text: Looking.
          - calls:
              - {name: look, arguments: {q: Oslo}, call_id: call_1}
              - {name: look, arguments: {q: Lima}, call_id: call_2}
      - {when: {contains: briefly}, steps: [{text: Good}, {incomplete: max_output_tokens}]}
      - {when: {contains: wickedly}, steps: [{text: Go}, {incomplete: content_filter}]}
      - when: {contains: slowly}
        gap_ms: 2
        headers_after_ms: 2
        steps: [{text: One two}, {delay_ms: 2}, {text: " three"}]
      - {when: {contains: wrongly}, steps: [{text: Half}, {error: {code: overloaded_error, message: full}}]}
      - {when: {contains: denied}, refusal: {status: 403, message: not you}}
      - {when: {contains: broke}, refusal: {status: 402}}
      - {when: {contains: often}, refusal: {status: 429, retry_after_seconds: 7}}
      - {when: {contains: failing}, refusal: {status: 500}}
      - {when: {contains: crowded}, refusal: {status: 529}}
      - {when: {contains: hanging up}, drop: true}
"""
STATUSES = {"denied": 403, "broke": 402, "often": 429, "failing": 500, "crowded": 529}
LENGTH, FILTERED, CALLED, STOPPED = "length", "filtered", "called", "stopped"
FINISHES = {
    "stop": STOPPED, "tool_calls": CALLED, "length": LENGTH, "content_filter": FILTERED,
    "completed": STOPPED, "max_output_tokens": LENGTH,
    "end_turn": STOPPED, "tool_use": CALLED, "max_tokens": LENGTH, "refusal": FILTERED,
    "STOP": STOPPED, "MAX_TOKENS": LENGTH, "SAFETY": FILTERED,
}  # fmt: skip


class Looked(BaseModel):
    q: str


@dataclass
class Told:
    """What an SDK made of an answer."""

    text: str = ""
    thoughts: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    finish: str = ""
    tokens: tuple[int, int] | None = None
    images: int = 0


Ask: TypeAlias = Callable[..., Coroutine[Any, Any, Told]]
"""Asks one question: its text, and members of the request in the SDK's own spelling."""


@asynccontextmanager
async def openai_at(stage: Vendors, *, key: str = KEY) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=stage.url("acme"), api_key=key, max_retries=0) as client:
        yield client


@asynccontextmanager
async def anthropic_at(stage: Vendors, *, key: str = KEY) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=stage.root("acme"), api_key=key, max_retries=0) as client:
        yield client


@asynccontextmanager
async def genai_at(stage: Vendors, *, key: str = KEY) -> AsyncIterator[Any]:
    options = types.HttpOptions(base_url=stage.root("acme"), api_version="v1beta")
    async with genai.Client(api_key=key, http_options=options).aio as client:
        yield client


async def ask_chat(client: Any, text: str, stream: bool, members: dict[str, Any]) -> Told:
    asked: Any = {"model": MODEL, "messages": [{"role": "user", "content": text}]} | members
    if stream:
        async with client.chat.completions.stream(stream_options={"include_usage": True}, **asked) as events:
            answer = [events.current_completion_snapshot async for _ in events][-1]
    else:
        answer = await client.chat.completions.create(**asked)
    message = answer.choices[0].message
    return Told(
        text=message.content or message.refusal or "",
        thoughts=getattr(message, "reasoning_content", "") or "",
        calls=[(call.id, json.loads(call.function.arguments)) for call in message.tool_calls or []],
        finish=answer.choices[0].finish_reason,
        tokens=(answer.usage.prompt_tokens, answer.usage.completion_tokens),
        images=len(getattr(message, "images", None) or []),
    )


async def ask_responses(client: Any, text: str, stream: bool, members: dict[str, Any]) -> Told:
    asked: Any = {"model": MODEL, "input": text} | members
    if stream:
        async with client.responses.stream(**asked) as events:
            answer = [event.response async for event in events if hasattr(event, "response")][-1]
    else:
        answer = await client.responses.create(**asked)
    items = [item for item in answer.output if item.type == "message"]
    refusals = [part.refusal for item in items for part in item.content if part.type == "refusal"]
    calls = [item for item in answer.output if item.type == "function_call"]
    reason = answer.incomplete_details.reason if answer.incomplete_details else answer.status
    return Told(
        text=answer.output_text or "".join(refusals),
        thoughts="".join(part.text for item in answer.output if item.type == "reasoning" for part in item.summary),
        calls=[(item.call_id, json.loads(item.arguments)) for item in calls],
        finish="tool_calls" if calls else reason,
        tokens=(answer.usage.input_tokens, answer.usage.output_tokens),
        images=sum(item.type == "image_generation_call" for item in answer.output),
    )


async def ask_anthropic(client: Any, text: str, stream: bool, members: dict[str, Any]) -> Told:
    known = {"model": MODEL, "max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    asked: Any = known | {"messages": [{"role": "user", "content": text}]} | members
    if stream:
        async with client.messages.stream(**asked) as events:
            answer = await events.get_final_message()
    else:
        answer = await client.messages.create(**asked)
    blocks = answer.content
    return Told(
        text="".join(block.text for block in blocks if block.type == "text"),
        thoughts="".join(block.thinking for block in blocks if block.type == "thinking"),
        calls=[(block.id, block.input) for block in blocks if block.type == "tool_use"],
        finish=answer.stop_reason,
        tokens=(answer.usage.input_tokens, answer.usage.output_tokens),
    )


async def ask_gemini(client: Any, text: str, stream: bool, members: dict[str, Any]) -> Told:
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=512)
    asked: Any = {"model": MODEL, "contents": text}
    asked["config"] = types.GenerateContentConfig(**{"thinking_config": thinking} | members)
    if stream:
        answers = [chunk async for chunk in await client.models.generate_content_stream(**asked)]
    else:
        answers = [await client.models.generate_content(**asked)]
    parts = [part for answer in answers if answer.candidates for part in answer.candidates[0].content.parts or []]
    calls = [part.function_call for part in parts if part.function_call]
    counts = answers[-1].usage_metadata
    return Told(
        text="".join(part.text or "" for part in parts if not part.thought),
        thoughts="".join(part.text or "" for part in parts if part.thought),
        calls=[(call.id, call.args) for call in calls],
        finish="tool_calls" if calls else answers[-1].candidates[0].finish_reason.value,
        tokens=(counts.prompt_token_count, counts.candidates_token_count),
        images=sum(part.inline_data is not None for part in parts),
    )


SDKS: dict[Wire, tuple[Any, Any]] = {
    Wire.CHAT: (openai_at, ask_chat),
    Wire.RESPONSES: (openai_at, ask_responses),
    Wire.ANTHROPIC: (anthropic_at, ask_anthropic),
    Wire.GEMINI: (genai_at, ask_gemini),
}
TOOLS: dict[Wire, Any] = {
    Wire.CHAT: [{"type": "function", "function": {"name": "look", "parameters": LOOK}}],
    Wire.RESPONSES: [{"type": "function", "name": "look", "parameters": LOOK, "strict": False}],
    Wire.ANTHROPIC: [{"name": "look", "input_schema": LOOK}],
    Wire.GEMINI: [{"function_declarations": [{"name": "look", "parameters_json_schema": LOOK}]}],
}
FAILURES: tuple[type[Exception], ...] = (openai.APIError, anthropic.APIError, errors.APIError)


@asynccontextmanager
async def asking(stage: Vendors, wire: Wire, *, stream: bool, key: str = KEY) -> AsyncIterator[Ask]:
    """The SDK of a dialect, reduced to a question."""
    client_at, ask_with = SDKS[wire]
    async with client_at(stage, key=key) as client:

        async def ask(question: str, **members: Any) -> Told:
            told = await ask_with(client, question, stream, members)
            assert isinstance(told, Told)
            return told

        yield ask


@pytest.fixture
async def stage() -> AsyncIterator[Vendors]:
    async with vendors(SCRIPT) as made:
        yield made


wires = pytest.mark.parametrize("wire", list(Wire))
forms = pytest.mark.parametrize("stream", [False, True])


@wires
@forms
async def test_words_thoughts_and_endings(stage: Vendors, wire: Wire, stream: bool) -> None:
    async with asking(stage, wire, stream=stream) as ask:
        plain, thought = await ask("plainly"), await ask("thoughtfully")
        cut, filtered = await ask("briefly"), await ask("wickedly")
        assert (await ask("slowly")).text == "One two three"
    assert (plain.text, plain.tokens, FINISHES[plain.finish]) == ("Good day to you.", (11, 5), STOPPED)
    assert (thought.text, thought.thoughts) == ("Seen.", "Let me see.")
    assert (cut.text, FINISHES[cut.finish]) == ("Good", LENGTH)
    assert (filtered.text, FINISHES[filtered.finish]) == ("Go", FILTERED)


@wires
@forms
async def test_parallel_calls_by_script_and_without(stage: Vendors, wire: Wire, stream: bool) -> None:
    async with asking(stage, wire, stream=stream) as ask:
        called = await ask("both", tools=TOOLS[wire])
        unscripted = await ask('Look at "Rome" and at "Bern".', tools=TOOLS[wire])
    assert called.calls == [("call_1", {"q": "Oslo"}), ("call_2", {"q": "Lima"})]
    assert (called.text, FINISHES[called.finish]) == ("Looking.", CALLED)
    assert [arguments for _, arguments in unscripted.calls] == [{"q": "Rome"}, {"q": "Bern"}]


@wires
@forms
async def test_structured_output(stage: Vendors, wire: Wire, stream: bool) -> None:
    schema = Looked.model_json_schema() | {"additionalProperties": False}
    members: dict[Wire, dict[str, Any]] = {
        Wire.CHAT: {"response_format": {"type": "json_schema", "json_schema": {"name": "l", "schema": schema}}},
        Wire.RESPONSES: {"text": {"format": {"type": "json_schema", "name": "l", "schema": schema}}},
        Wire.ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
        Wire.GEMINI: {"response_mime_type": "application/json", "response_json_schema": schema},
    }
    async with asking(stage, wire, stream=stream) as ask:
        told = await ask("a city", **members[wire])
    assert Looked.model_validate_json(told.text) == Looked(q="a city")


@pytest.mark.parametrize("wire", [Wire.CHAT, Wire.RESPONSES, Wire.GEMINI])
@forms
async def test_pictures_and_refusals(wire: Wire, stream: bool) -> None:
    rules = "[{when: {contains: draw}, steps: [{image: true}]}, {steps: [{refusal: I would rather not.}]}]"
    async with vendors(f"vendors: {{acme: {{rules: {rules}}}}}") as stage, asking(stage, wire, stream=stream) as ask:
        assert (await ask("draw a cat")).images == 1
        assert (await ask("anything")).text == "I would rather not."


@wires
@forms
async def test_refusals_raise_the_sdks_own_exceptions(wire: Wire, stream: bool) -> None:
    async def status(ask: Ask, text: str) -> int:
        with pytest.raises(FAILURES) as refused:
            await ask(text)
        error: Any = refused.value
        told = getattr(error, "status_code", None) or error.code
        assert isinstance(told, int)
        return told

    async with vendors(SCRIPT.replace("models: [m-1, m-2]", "keys: [sk-of-the-test]")) as stage:
        async with asking(stage, wire, stream=stream) as ask:
            assert {text: await status(ask, text) for text in STATUSES} == STATUSES
        async with asking(stage, wire, stream=stream, key="sk-wrong") as ask:
            assert await status(ask, "plainly") == 401
        often = next(call for call in await stage.calls() if call["status"] == 429)
    assert "7" in (dict(often["reply_headers"]).get("retry-after") or often["answered"].decode())
    async with (
        vendors(SCRIPT.replace("models: [m-1, m-2]", "models: [m-2]")) as stage,
        asking(stage, wire, stream=stream) as ask,
    ):
        assert await status(ask, "anything") == 404


@wires
async def test_an_error_inside_a_stream_and_a_broken_connection(stage: Vendors, wire: Wire) -> None:
    async with asking(stage, wire, stream=True) as ask:
        with pytest.raises(FAILURES, match="full"):
            await ask("wrongly")
    async with asking(stage, wire, stream=False) as ask:
        with pytest.raises(Exception, match=r"(?i)connection|disconnected"):
            await ask("hanging up")
    assert (await stage.calls())[-1]["status"] is None


@wires
async def test_model_lists_in_each_shape(stage: Vendors, wire: Wire) -> None:
    client_at, _ = SDKS[wire]
    async with client_at(stage) as client:
        listed = client.models.list()
        models = [model async for model in (await listed if wire is Wire.GEMINI else listed)]
        one = await (client.models.get(model="m-2") if wire is Wire.GEMINI else client.models.retrieve("m-2"))
    ids = [getattr(model, "id", None) or model.name.removeprefix("models/") for model in (*models, one)]
    assert ids == ["m-1", "m-2", "m-2"]


async def test_embeddings_of_openai(stage: Vendors) -> None:
    async with openai_at(stage) as client:
        packed = await client.embeddings.create(model=MODEL, input=["one", "two"], dimensions=40)
        plain = await client.embeddings.create(model=MODEL, input="one", encoding_format="float")
    assert [one.embedding for one in packed.data] == [pytest.approx(vector(text, 40)) for text in ("one", "two")]
    assert plain.data[0].embedding == vector("one")
    assert plain.usage.total_tokens == 1


async def test_embeddings_and_counts_of_gemini(stage: Vendors) -> None:
    async with genai_at(stage) as client:
        several = await client.models.embed_content(model=MODEL, contents=["one", "two"])
        counted = await client.models.count_tokens(model=MODEL, contents="hello there")
    assert [one.values for one in several.embeddings] == [vector("one"), vector("two")]
    assert counted.total_tokens > 0
    async with anthropic_at(stage) as other:
        told = await other.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "hello"}])
    assert told.input_tokens > 0


async def test_pictures_of_openai(stage: Vendors) -> None:
    async with openai_at(stage) as client:
        made = await client.images.generate(model=MODEL, prompt="a cat")
        assert made.data is not None
        assert made.data[0].b64_json
        picture = ("cat.png", base64.b64decode(made.data[0].b64_json), "image/png")
        edited = await client.images.edit(model=MODEL, image=picture, prompt="a dog")
        assert edited.data is not None
        assert edited.data[0].b64_json != made.data[0].b64_json
        events: Any = await client.images.generate(model=MODEL, prompt="a cow", stream=True, partial_images=1)
        kinds = [event.type async for event in events]
    assert kinds == ["image_generation.partial_image", "image_generation.completed"]


async def test_sound_of_openai(stage: Vendors) -> None:
    sound = ("a.wav", b"RIFF" + bytes(range(256)), "audio/wav")
    async with openai_at(stage) as client:
        plain = await client.audio.transcriptions.create(model=MODEL, file=sound)
        verbose = await client.audio.transcriptions.create(model=MODEL, file=sound, response_format="verbose_json")
        timed = await client.audio.transcriptions.create(model=MODEL, file=sound, response_format="srt")
        streamed = await client.audio.transcriptions.create(model=MODEL, file=sound, stream=True)
        events = [event async for event in streamed]
        said = await client.audio.speech.create(model=MODEL, voice="alloy", input="hello", response_format="wav")
        moderated = await client.moderations.create(input=["fine", "forbidden"])
    assert plain.text == verbose.text == heard(sound[1])
    assert heard(sound[1]) in str(timed)
    assert events[-1].type == "transcript.text.done"
    assert said.content == spoken("hello", "wav")
    assert [result.flagged for result in moderated.results] == [False, True]
