"""Requests of every dialect as the same facts."""

from typing import Any

import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.sections.vendors import VendorSettings, Wire
from codex_proxy.simulator.unscripted.pictures import tiny_png
from codex_proxy.simulator.vendors.asked import Asked, bare_facts, codec_of, read_asked
from codex_proxy.simulator.vendors.places import place_of
from tests.simulator.vendors.asking import LOOK, MODEL, question

PNG = tiny_png()
TOOLS: dict[Wire, dict[str, Any]] = {
    Wire.CHAT: {"tools": [{"type": "function", "function": {"name": "look", "parameters": LOOK}}]},
    Wire.RESPONSES: {"tools": [{"type": "function", "name": "look", "parameters": LOOK}]},
    Wire.ANTHROPIC: {"tools": [{"name": "look", "input_schema": LOOK}]},
    Wire.GEMINI: {"tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": LOOK}]}]},
}
THINKS: dict[Wire, dict[str, Any]] = {
    Wire.CHAT: {"reasoning_effort": "low"},
    Wire.RESPONSES: {"reasoning": {"effort": "low"}},
    Wire.ANTHROPIC: {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    Wire.GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1024}}},
}
CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
RESULT = {"functionResponse": {"id": "c", "name": "look", "response": {"output": "forty-two"}}}
LOOKED: dict[Wire, dict[str, Any]] = {
    Wire.CHAT: {
        "messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c", "content": "forty-two"},
        ]
    },
    Wire.RESPONSES: {
        "input": [
            {"role": "user", "content": "hello"},
            {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "forty-two"},
        ]
    },
    Wire.ANTHROPIC: {
        "messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "forty-two"}]},
        ]
    },
    Wire.GEMINI: {
        "contents": [
            {"role": "user", "parts": [{"text": "hello"}]},
            {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "look", "args": {}}}]},
            {"role": "user", "parts": [RESULT]},
        ]
    },
}
LINK = f"data:image/png;base64,{PNG}"
SOURCE = {"type": "base64", "media_type": "image/png", "data": PNG}
SEEN: dict[Wire, dict[str, Any]] = {
    Wire.CHAT: {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": LINK}}]}]},
    Wire.RESPONSES: {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": LINK}]}]},
    Wire.ANTHROPIC: {"messages": [{"role": "user", "content": [{"type": "image", "source": SOURCE}]}]},
    Wire.GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}]}]},
}


def incoming(path: str, body: Any) -> Incoming:
    path, _, query = path.partition("?")
    return Incoming(
        method="POST",
        path=path,
        query=query,
        pairs=(),
        headers={"content-type": "application/json"},
        raw=body if isinstance(body, bytes) else encode(body),
        scheme="http",
        http_version="1.1",
        address="",
    )


def read(asked: Incoming) -> Asked:
    place = place_of(asked.method, asked.path, asked.query, asked.headers)
    assert place is not None
    return read_asked(asked, place, codec_of(place, VendorSettings()), key="k", number=2)


def of(wire: Wire, *, stream: bool = False, **members: Any) -> Asked:
    return read(incoming(*question(wire, stream=stream, **members)))


@pytest.mark.parametrize("wire", list(Wire))
def test_the_same_question_has_the_same_facts(wire: Wire) -> None:
    facts = of(wire).facts
    assert (facts.account_id, facts.request_number, facts.model) == ("k", 2, MODEL)
    assert (facts.last_user_text, facts.tools, facts.tool_outputs, facts.images) == ("hello", (), (), ())
    assert "reasoning" not in facts.body or not facts.body["reasoning"]
    assert [of(wire, stream=stream).request.stream for stream in (False, True)] == [False, True]


@pytest.mark.parametrize("wire", list(Wire))
def test_tools_thoughts_results_and_pictures(wire: Wire) -> None:
    (tool,) = of(wire, **TOOLS[wire]).facts.tools
    assert (tool["name"], tool["parameters"]["properties"]) == ("look", LOOK["properties"])
    assert of(wire, **TOOLS[wire]).facts.body["parallel_tool_calls"] is True
    assert of(wire, **THINKS[wire]).facts.body["reasoning"]["effort"]
    looked = of(wire, **(TOOLS[wire] | LOOKED[wire])).facts
    assert ["forty-two" in output for output in looked.tool_outputs] == [True]
    (image,) = of(wire, **SEEN[wire]).facts.images
    assert image["image_url"].endswith(PNG)


def test_pictures_that_are_asked_for() -> None:
    facts = read(incoming("/v1/images/generations", {"model": "m", "prompt": "a cat"})).facts
    assert (facts.last_user_text, [tool["type"] for tool in facts.tools]) == ("a cat", ["image_generation"])


@pytest.mark.parametrize("wire", list(Wire))
def test_what_is_no_request(wire: Wire) -> None:
    path, _ = question(wire)
    for body in (b"", b"[]", b'{"messages": 7, "input": 7, "contents": 7}'):
        with pytest.raises(InvalidRequest):
            read(incoming(path, body))


def test_facts_without_a_model_to_answer() -> None:
    for body, model in (({"model": "m"}, "m"), ({"model": 7}, ""), (b"nonsense", "")):
        asked = incoming("/v1/embeddings", body)
        place = place_of(asked.method, asked.path, asked.query, asked.headers)
        assert place is not None
        facts = bare_facts(asked, place, key="k", number=1)
        assert (facts.model, facts.endpoint, facts.last_user_text) == (model, "embeddings", "")
