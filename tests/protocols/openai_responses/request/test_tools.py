"""Tools and choices, both ways."""

from typing import Any

import pytest

from codex_proxy.canonical.tools import ChoiceMode, ChooseAmong, ChooseHosted, ChooseMode, ChooseTool, HostedTool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.tools import (
    PREVIEW_NAMES,
    build_choice,
    build_tool,
    parse_choice,
    parse_tools,
)

TOOLS: list[dict[str, Any]] = [
    {"type": "function", "name": "look", "description": "d", "strict": True, "parameters": {"type": "object"}},
    {"type": "function", "name": "look", "parameters": None},
    {"type": "function", "name": "look", "parameters": {}, "defer_loading": True},
    {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
    {"type": "custom", "name": "patch", "description": "free text"},
    {"type": "custom", "name": "patch", "format": {"type": "text"}},
    {"type": "namespace", "name": "files", "tools": [{"type": "function", "name": "a", "parameters": None}]},
    {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}},
    {"type": "image_generation", "size": "auto"},
    {"type": "tomorrow", "x": 1},
]
CHOICES: list[Any] = [
    "auto",
    "none",
    "required",
    {"type": "function", "name": "look"},
    {"type": "custom", "name": "patch"},
    {"type": "function", "name": "look", "namespace": "files"},
    {"type": "web_search"},
    {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]},
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool["type"])
def test_a_tool_is_written_back_as_it_came(tool: dict[str, Any]) -> None:
    assert [build_tool(parsed) for parsed in parse_tools([tool], "tools")] == [tool]


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_is_written_back_as_it_came(choice: Any) -> None:
    parsed = parse_choice(choice, "tool_choice")
    assert parsed is not None
    assert build_choice(parsed) == choice


def test_choices_become_values() -> None:
    assert parse_choice("auto", "c") == ChooseMode(mode=ChoiceMode.AUTO)
    assert parse_choice(CHOICES[3], "c") == ChooseTool(name="look")
    assert parse_choice(CHOICES[6], "c") == ChooseHosted(kind="web_search")
    assert parse_choice(CHOICES[7], "c") == ChooseAmong(required=True, tools=(ChooseTool(name="look"),))
    assert parse_choice(None, "c") is None
    assert parse_choice("sometimes", "c") is None


@pytest.mark.parametrize("name", sorted(PREVIEW_NAMES))
def test_older_names_of_the_web_search_mean_the_same(name: str) -> None:
    assert parse_tools([{"type": name}], "tools") == (HostedTool(kind="web_search"),)


def test_what_is_no_tool_or_choice_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"tools\[0\]"):
        parse_tools([7], "tools")
    with pytest.raises(InvalidRequest, match=r"tools\[0\]\.name"):
        parse_tools([{"type": "custom"}], "tools")
    with pytest.raises(InvalidRequest, match="tool_choice"):
        parse_choice(7, "tool_choice")
