"""Bodies as requests."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Image, Text
from codex_proxy.canonical.request import Dialect, JsonOutput, Reasoning, SchemaOutput
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.ollama.request import parse_chat, parse_generate
from codex_proxy.protocols.ollama.schema import Endpoint, OllamaRequest

USER = [{"role": "user", "content": "x"}]


def chat(**members: Any) -> ParsedRequest:
    return parse_chat(json.dumps({"model": "m", "messages": USER} | members).encode(), {})


def generate(**members: Any) -> ParsedRequest:
    return parse_generate(json.dumps({"model": "m", "prompt": "x"} | members).encode(), {})


def refused(parse: Any, **members: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse(**members)
    return caught.value


def test_a_stream_is_what_is_meant_unless_it_is_switched_off() -> None:
    assert chat().request.stream
    assert chat(stream=None).request.stream
    assert not chat(stream=False).request.stream
    assert generate().request.stream


def test_who_asked_and_for_what() -> None:
    body = json.dumps({"name": "gpt-5.4:latest", "messages": USER}).encode()
    request = parse_chat(body, {"x-session-id": "s1"}).request
    assert isinstance(request, OllamaRequest)
    assert (request.dialect, request.endpoint, request.model) == (Dialect.OLLAMA, Endpoint.CHAT, "gpt-5.4:latest")
    assert request.session.conversation_id == "s1"


@pytest.mark.parametrize(
    ("think", "reasoning", "kept"),
    [
        (None, Reasoning(), None),
        ("", Reasoning(), None),
        (True, Reasoning(effort="medium", visible=True), True),
        ("true", Reasoning(effort="medium", visible=True), True),
        (False, Reasoning(effort="none", visible=False), False),
        ("false", Reasoning(effort="none", visible=False), False),
        ("False", Reasoning(effort="none", visible=False), False),
        ("none", Reasoning(effort="none", visible=False), False),
        ("low", Reasoning(effort="low", visible=True), "low"),
        ("High", Reasoning(effort="high", visible=True), "high"),
        ("max", Reasoning(effort="max", visible=True), "max"),
    ],
)
def test_thinking_is_a_switch_or_a_level(think: Any, reasoning: Reasoning, kept: Any) -> None:
    request = chat(think=think).request
    assert isinstance(request, OllamaRequest)
    assert request.reasoning == reasoning
    assert request.think == kept


def test_an_unknown_level_is_noted_and_still_shows_thoughts() -> None:
    parsed = chat(think="deeply")
    assert parsed.request.reasoning == Reasoning(visible=True)
    assert [note.path for note in parsed.notes] == ["think"]
    assert refused(chat, think=3).path == "think"


def test_formats() -> None:
    schema = {"type": "object", "properties": {"a": {}}}
    assert chat(format="").request.output is None
    assert chat(format="json").request.output == JsonOutput()
    assert chat(format=schema).request.output == SchemaOutput(name="response", schema=schema)
    assert refused(chat, format="yaml").path == "format"
    assert refused(chat, format=[1]).reason == "expected json or a schema, got an array"


def test_options_that_have_a_meaning_are_understood_and_the_others_kept_aside() -> None:
    options = {
        "temperature": 0.5, "top_p": 1, "top_k": 40, "seed": 7, "presence_penalty": 0.1, "frequency_penalty": None,
        "num_predict": 64, "stop": ["END", ""], "num_ctx": 8192, "mirostat": 0, "use_mmap": False, "num_gpu": None,
    }  # fmt: skip
    parsed = chat(options=options, keep_alive="5m", truncate=False, surprise=None)
    sampling = parsed.request.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed) == (0.5, 1, 40, 7)
    assert (sampling.max_tokens, sampling.stop, sampling.frequency_penalty) == (64, ("END",), None)
    kept = {"num_ctx": 8192, "mirostat": 0, "use_mmap": False}
    assert parsed.request.extra == {"keep_alive": "5m", "truncate": False, "options": kept}
    assert parsed.notes == ()


@pytest.mark.parametrize("unlimited", [-1, -2, 0])
def test_no_limit_is_no_limit(unlimited: int) -> None:
    assert chat(options={"num_predict": unlimited}).request.sampling.max_tokens is None
    assert chat(options=None).request.sampling.max_tokens is None


def test_wrong_options_are_named() -> None:
    assert refused(chat, options={"temperature": "hot"}).path == "options.temperature"
    assert refused(chat, options={"stop": [1]}).path == "options.stop"
    assert refused(chat, options=[]).path == "options"
    assert chat(options={"stop": "END"}).request.sampling.stop == ("END",)


def test_probabilities_cannot_be_told() -> None:
    parsed = chat(logprobs=True, top_logprobs=3)
    assert [(note.path, note.weight.value) for note in parsed.notes] == [("logprobs", "lossy")]
    assert chat(logprobs=False).notes == ()


def test_a_prompt_is_a_message_with_instructions_beside_it() -> None:
    parsed = generate(prompt="why?", system="be brief", images=["iVBORw0KGgo="], template="", raw=False, context=[])
    request = parsed.request
    assert isinstance(request, OllamaRequest)
    assert (request.endpoint, request.knows_tools) == (Endpoint.GENERATE, False)
    assert request.instructions == "be brief"
    (turn,) = request.turns
    assert turn.blocks[0] == Text(text="why?")
    assert isinstance(turn.blocks[1], Image)
    assert parsed.notes == ()
    assert request.extra == {}


def test_a_gap_is_filled_by_asking_for_it() -> None:
    parsed = generate(prompt="def f({x}):", suffix="return y")
    (turn,) = parsed.request.turns
    assert isinstance(turn.blocks[0], Text)
    text = turn.blocks[0].text
    assert "<before>def f({x}):</before>" in text
    assert "<after>return y</after>" in text
    assert [(note.path, note.verdict.value) for note in parsed.notes] == [("suffix", "emulated")]


def test_what_only_a_runtime_can_do_is_noted() -> None:
    parsed = generate(raw=True, template="{{ .Prompt }}", context=[1, 2])
    noted = {note.path: note.weight.value for note in parsed.notes}
    assert noted == {"raw": "cosmetic", "template": "cosmetic", "context": "lossy"}
    assert parsed.request.extra == {}


def test_pictures_are_not_generated() -> None:
    error = refused(generate, width=512)
    assert (error.path, error.code) == ("width", "not_supported")
    assert generate(width=0, steps=None).notes == ()


def test_a_request_needs_content() -> None:
    assert refused(chat, messages=[]).path == "messages"
    assert refused(generate, prompt="").path == "prompt"
    assert refused(chat, messages={}).path == "messages"
