"""Refusals of tools and schemas."""

from typing import Any

import pytest

from tests.protocols.codex.strictness.ground import body, refusal_of


def function(parameters: Any = None, **changes: Any) -> dict[str, Any]:
    known = {"type": "function", "name": "look", "parameters": parameters or {"type": "object", "properties": {}}}
    return known | changes


CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "tool",
    [
        function(),
        function(CLOSED, strict=True),
        {"type": "custom", "name": "patch"},
        {"type": "web_search"},
        {"type": "namespace", "name": "files", "tools": [function()]},
    ],
)
def test_legal_tools_are_accepted(tool: dict[str, Any]) -> None:
    assert refusal_of(body(tools=[tool])) is None


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        ({"name": "x"}, "Missing required parameter: 'tools[0].type'."),
        (function(name=None), "Missing required parameter: 'tools[0].name'."),
        (function(name="a b"), "Invalid 'tools[0].name': string does not match pattern."),
        (function(name="a" * 65), "Invalid 'tools[0].name': string too long."),
        (function({"type": "string"}), "Invalid schema for function 'look': schema must be a JSON Schema of"),
        (
            function(CLOSED | {"additionalProperties": True}, strict=True),
            "Invalid schema for function 'look': In context=()",
        ),
        (function(CLOSED | {"required": []}, strict=True), "Invalid schema for function 'look': In context=()"),
        (
            function(CLOSED | {"properties": {"a": {}}}, strict=True),
            "Invalid schema for function 'look': In context=('properties', 'a')",
        ),
        (
            {"type": "namespace", "name": "files", "tools": [function(name=None)]},
            "Missing required parameter: 'tools[0]",
        ),
    ],
)
def test_illegal_tools_are_refused(tool: dict[str, Any], message: str) -> None:
    refused = refusal_of(body(tools=[tool]))
    assert refused is not None
    assert refused[1].startswith(message)


def test_a_choice_may_name_a_tool_within_a_group() -> None:
    group = {"type": "namespace", "name": "files", "tools": [function()]}
    assert refusal_of(body(tools=[group], tool_choice={"type": "function", "name": "look"})) is None
    assert refusal_of(body(tool_choice="sometimes")) == (400, "Invalid value: 'sometimes'.")
