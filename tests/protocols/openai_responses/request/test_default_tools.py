"""Tools that the owner writes down."""

import datetime as dt
from typing import Any

import pytest

from codex_proxy.canonical.tools import FunctionTool, HostedTool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.default_tools import (
    MOST_BYTES,
    MOST_TOOLS,
    default_tools_told,
    read_default_tools,
)

NOTHING = {"type": "object", "properties": {}}
CLOSED = {
    "type": "object",
    "properties": {"q": {"type": "string"}},
    "required": ["q"],
    "additionalProperties": False,
}


def function(name: str = "look", **members: Any) -> dict[str, Any]:
    return {"type": "function", "name": name} | members


def test_functions_and_hosted_tools_are_read_and_told_back() -> None:
    told = [
        {"type": "web_search_preview", "search_context_size": "low"},
        {"type": "image_generation", "quality": "low"},
        function(),
        function("strict", description="d", parameters=CLOSED, strict=True),
    ]
    tools = read_default_tools(told, "model.default_tools")
    assert tools == (
        HostedTool(kind="web_search", settings={"search_context_size": "low"}),
        HostedTool(kind="image_generation", settings={"quality": "low"}),
        FunctionTool(name="look", parameters=NOTHING, strict=False),
        FunctionTool(name="strict", description="d", parameters=CLOSED, strict=True),
    )
    assert read_default_tools(default_tools_told(tools)) == tools
    assert read_default_tools([]) == ()


def test_what_another_notation_holds_is_read_as_json() -> None:
    (tool,) = read_default_tools([function(parameters={"const": dt.date(2026, 1, 31)})])
    assert isinstance(tool, FunctionTool)
    assert tool.parameters is not None
    assert tool.parameters["const"] == "2026-01-31"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "web_search"}, "t: expected a list of tools"),
        (["web_search"], r"t\[0\]: expected an object"),
        ([{"name": "look"}], r"t\[0\]\.type: is required"),
        ([{"type": ""}], r"t\[0\]\.name: is required"),
        ([{"type": "mcp"}], r"t\[0\]\.type: expected one of function, image_generation, web_search"),
        ([{"type": "custom", "name": "x"}], r"t\[0\]\.type: "),
        ([{"type": "namespace", "name": "x"}], r"t\[0\]\.type: "),
        ([{"type": 1}], r"t\[0\]\.type: expected a string"),
        ([{"type": "function"}], r"t\[0\]\.name: is required"),
        ([function("two words")], r"t\[0\]\.name: "),
        ([function("x" * 65)], r"t\[0\]\.name: "),
        ([function(), function(argument={})], r"t\[1\]\.argument: is no member"),
        ([function(parameters=[])], r"t\[0\]\.parameters: expected an object"),
        ([function(parameters={"anyOf": [CLOSED]})], r"t\[0\]\.parameters: "),
        ([function(strict=True, parameters={"type": "object", "properties": {"q": {}}})], r"t\[0\]\.strict: "),
        ([function(), function()], r"t\[1\]: look is there twice"),
        ([{"type": "web_search"}, {"type": "web_search_preview"}], r"t\[1\]: web_search is there twice"),
        ([function(str(number)) for number in range(MOST_TOOLS + 1)], "t: at most"),
        ([function(description="x" * MOST_BYTES)], "t: at most"),
        ([function(description=object())], "t: holds what JSON cannot say"),
        ([function(description="\ud800")], "t: holds what JSON cannot say"),
    ],
)
def test_what_cannot_be_offered_is_refused_with_its_place(told: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^{words}"):
        read_default_tools(told, "t")
