"""Free-text tools for vendors that have none: functions with one text member, in the offer and in the history.

Rules of this file: pure; the way back stands in ``disguised_answers``.  Source: refusals of the tool type ``custom`` by
vendors that speak Responses, quoted in public reports.
"""

from collections.abc import Sequence

import msgspec

from codex_proxy.canonical.blocks import Block, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.request import Turn
from codex_proxy.canonical.tools import (
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.parts.asking.free_text import MEMBER, PARAMETERS, told_as_function
from codex_proxy.protocols.parts.json_text import encode


def disguised_names(tools: Sequence[Tool]) -> frozenset[str]:
    """Names of the free-text tools, members of groups included."""
    names: set[str] = set()
    for tool in tools:
        match tool:
            case CustomTool():
                names.add(tool.name)
            case NamespaceTool():
                names |= disguised_names(tool.tools)
            case FunctionTool() | HostedTool():
                pass
    return frozenset(names)


def disguised_tool(tool: Tool) -> Tool:
    """A free-text tool as a function; any other as it is."""
    match tool:
        case CustomTool():
            return FunctionTool(name=tool.name, description=told_as_function(tool), parameters=PARAMETERS, strict=False)
        case NamespaceTool():
            return msgspec.structs.replace(tool, tools=tuple(map(disguised_tool, tool.tools)))
        case FunctionTool() | HostedTool():
            return tool


def disguised_choice(choice: ToolChoice | None) -> ToolChoice | None:
    """The choice of a free-text tool as that of a function."""
    match choice:
        case ChooseTool():
            return msgspec.structs.replace(choice, kind=ToolKind.FUNCTION)
        case ChooseAmong():
            tools = tuple(
                msgspec.structs.replace(tool, kind=ToolKind.FUNCTION) if isinstance(tool, ChooseTool) else tool
                for tool in choice.tools
            )
            return msgspec.structs.replace(choice, tools=tools)
        case ChooseMode() | ChooseHosted() | None:
            return choice


def disguised_turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Earlier calls of free-text tools, and their results, as those of functions."""
    return tuple(msgspec.structs.replace(turn, blocks=tuple(map(_disguised_block, turn.blocks))) for turn in turns)


def _disguised_block(block: Block) -> Block:
    match block:
        case ToolCall(kind=ToolKind.CUSTOM):
            arguments = encode({MEMBER: block.arguments}).decode()
            return msgspec.structs.replace(block, kind=ToolKind.FUNCTION, arguments=arguments, item_id=None)
        case ToolResult(kind=ToolKind.CUSTOM):
            return msgspec.structs.replace(block, kind=ToolKind.FUNCTION, item_id=None)
        case _:
            return block
