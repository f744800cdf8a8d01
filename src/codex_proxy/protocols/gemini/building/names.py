"""Names of tools in a request, for the map to names that Gemini takes."""

from collections.abc import Iterator

from codex_proxy.canonical.blocks import ToolCall, ToolResult
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.tools import CustomTool, FunctionTool, NamespaceTool, Tool


def tool_names(request: Request) -> Iterator[str]:
    """Every tool name that a request uses: offered or called before."""
    yield from _offered(request.tools)
    for turn in request.turns:
        for block in turn.blocks:
            if isinstance(block, ToolCall | ToolResult) and block.name:
                yield block.name


def custom_names(tools: tuple[Tool, ...]) -> Iterator[str]:
    """The free-text tools, which Gemini sees as functions."""
    for tool in tools:
        if isinstance(tool, CustomTool):
            yield tool.name
        elif isinstance(tool, NamespaceTool):
            yield from custom_names(tool.tools)


def _offered(tools: tuple[Tool, ...]) -> Iterator[str]:
    for tool in tools:
        if isinstance(tool, FunctionTool | CustomTool):
            yield tool.name
        elif isinstance(tool, NamespaceTool):
            yield from _offered(tool.tools)
