from typing import Any

from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    Grammar,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.anthropic.asking.tools import Tools, client_names, custom_names
from codex_proxy.protocols.anthropic.schema import AnthropicProfile
from codex_proxy.protocols.parts.names import NameMap

F = FunctionTool(name="f", description="d", parameters={"type": "object", "properties": {"a": {}}})
PATCH = CustomTool(name="patch", grammar=Grammar(syntax="lark", definition="start: x"))
SEARCH = HostedTool(kind="web_search", settings={"filters": {"allowed_domains": ["a"]}, "user_location": {"city": "O"}})


def asked(*tools: Tool, choice: ToolChoice | None = None, parallel: bool | None = None) -> Request:
    return Request(
        dialect=Dialect.OPENAI_CHAT,
        model="m",
        turns=(),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
    )


def offer(request: Request, **profile: Any) -> Tools:
    return Tools(request, AnthropicProfile(**profile), NameMap(client_names(request)))


def chosen(choice: ToolChoice | None, *, thinks: bool = False, parallel: bool | None = None) -> Any:
    return offer(asked(F, SEARCH, choice=choice, parallel=parallel)).choice(thinks=thinks)


def test_a_function() -> None:
    wire = {"name": "f", "description": "d", "input_schema": F.parameters}
    assert offer(asked(F)).wire == [wire]
    strict = FunctionTool(name="f", strict=True)
    assert offer(asked(strict)).wire == [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}, "strict": True}
    ]
    assert "strict" not in offer(asked(strict), strict=False).wire[0]


def test_a_name_beyond_the_limits_is_shortened() -> None:
    assert offer(asked(FunctionTool(name="a.b"))).wire[0]["name"] == "a_b"


def test_a_free_text_tool_is_a_function_with_one_member() -> None:
    (wire,) = offer(asked(PATCH)).wire
    assert wire["input_schema"]["required"] == ["input"]
    assert "lark grammar:\nstart: x" in wire["description"]
    assert custom_names(asked(NamespaceTool(name="n", tools=(PATCH,)), F)) == {"patch"}


def test_groups_are_sent_ungrouped() -> None:
    made = offer(asked(NamespaceTool(name="n", tools=(F, PATCH))))
    assert [wire["name"] for wire in made.wire] == ["f", "patch"]
    assert [note.path for note in made.notes] == ["tools.n"]


def test_hosted_tools() -> None:
    made = offer(asked(SEARCH, HostedTool(kind="file_search")))
    assert made.wire == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": ["a"],
            "user_location": {"city": "O"},
        }
    ]
    assert [note.detail for note in made.notes] == ["the vendor does not run file_search"]
    assert offer(asked(SEARCH), web_search=False).wire == []


def test_choices() -> None:
    assert chosen(None) is None
    assert chosen(ChooseMode(mode=ChoiceMode.AUTO)) == {"type": "auto"}
    assert chosen(ChooseMode(mode=ChoiceMode.REQUIRED)) == {"type": "any"}
    assert chosen(ChooseMode(mode=ChoiceMode.NONE)) == {"type": "none"}
    assert chosen(ChooseTool(name="f")) == {"type": "tool", "name": "f"}
    assert chosen(ChooseHosted(kind="web_search")) == {"type": "tool", "name": "web_search"}
    assert chosen(ChooseHosted(kind="file_search")) is None


def test_a_choice_among_several_leaves_the_others_out() -> None:
    among = ChooseAmong(required=True, tools=(ChooseTool(name="f"), ChooseHosted(kind="web_search")))
    made = offer(asked(F, PATCH, SEARCH, choice=among))
    assert [wire["name"] for wire in made.wire] == ["f", "web_search"]
    assert made.choice(thinks=False) == {"type": "any"}


def test_parallel_calls_are_forbidden_beside_the_choice() -> None:
    assert chosen(None, parallel=False) == {"type": "auto", "disable_parallel_tool_use": True}
    assert chosen(ChooseTool(name="f"), parallel=False)["disable_parallel_tool_use"]
    assert chosen(ChooseMode(mode=ChoiceMode.NONE), parallel=False) == {"type": "none"}
    assert chosen(None, parallel=True) is None


def test_a_thinking_model_cannot_be_forced() -> None:
    made = offer(asked(F, choice=ChooseTool(name="f")))
    assert made.choice(thinks=True) == {"type": "auto"}
    assert [note.path for note in made.notes] == ["tool_choice"]
    assert chosen(ChooseMode(mode=ChoiceMode.NONE), thinks=True) == {"type": "none"}


def test_a_search_keeps_to_domains_or_leaves_some_out() -> None:
    blocked = HostedTool(kind="web_search", settings={"filters": {"blocked_domains": ["b"]}})
    made = offer(asked(blocked))
    assert (made.wire[0]["blocked_domains"], made.notes) == (["b"], [])
    both = {"filters": {"allowed_domains": ["a"], "blocked_domains": ["b"]}, "search_context_size": "low"}
    made = offer(asked(HostedTool(kind="web_search", settings=both)))
    assert made.wire == [{"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a"]}]
    assert [note.path for note in made.notes] == [
        "tools.web_search.filters.blocked_domains",
        "tools.web_search.search_context_size",
    ]


def test_a_schema_that_the_vendor_is_not_held_to_is_noted() -> None:
    (note,) = offer(asked(FunctionTool(name="f", strict=True)), strict=False).notes
    assert note.path == "tools.f.strict"
