"""Every name that a request uses."""

from codex_proxy.canonical.blocks import ToolCall, ToolResult
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.canonical.tools import CustomTool, FunctionTool, HostedTool, NamespaceTool
from codex_proxy.protocols.gemini.building.names import custom_names, tool_names

TOOLS = (
    FunctionTool(name="f"),
    NamespaceTool(name="n", tools=(CustomTool(name="c"), FunctionTool(name="g"))),
    HostedTool(kind="web_search"),
)


def test_offered_and_called() -> None:
    turns = (
        Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="1", name="old", arguments=""),)),
        Turn(
            role=Role.TOOL, blocks=(ToolResult(call_id="1", parts=(), name="told"), ToolResult(call_id="2", parts=()))
        ),
    )
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns, tools=TOOLS)
    assert list(tool_names(request)) == ["f", "c", "g", "old", "told"]
    assert list(custom_names(TOOLS)) == ["c"]
