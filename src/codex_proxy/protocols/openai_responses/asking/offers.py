"""Tools as upstreams of the Responses family take them: names within their limits, schemas they accept.

Rules of this file: a client of this dialect wrote the upstream's own form and keeps it; for all others an omitted
``strict`` would silently mean true and make every optional parameter required, so it is always sent.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Request
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
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.schemas import is_strict_safe, normalise_parameters

Offer: TypeAlias = Callable[[Tool, list[Note]], Tool]
"""What is offered for one tool; adds a note for what it changes."""


def client_names(request: Request) -> Iterator[str]:
    """Every tool name a request uses: offered, chosen or called before."""
    for tool in request.tools:
        if isinstance(tool, FunctionTool | CustomTool):
            yield tool.name
    for turn in request.turns:
        for block in turn.blocks:
            name = getattr(block, "name", None)
            if isinstance(name, str):
                yield name


def offered_once(tools: Sequence[Tool], offer: Offer) -> tuple[tuple[Tool, ...], tuple[Note, ...]]:
    """What ``offer`` makes of the tools, and what was changed about them; of two with one name the last holds."""
    notes: list[Note] = []
    by_name: dict[object, Tool] = {}
    for place, tool in enumerate(tools):
        key = (type(tool), getattr(tool, "name", None)) if not isinstance(tool, HostedTool) else place
        if key in by_name:
            notes.append(Note(path=f"tools[{place}].name", verdict=Verdict.REPAIRED, detail="a name was used twice"))
            del by_name[key]
        by_name[key] = offer(tool, notes)
    return tuple(by_name.values()), tuple(notes)


def offered_function(tool: FunctionTool, names: NameMap, notes: list[Note]) -> FunctionTool:
    """A function of another dialect's client, with a schema that the upstream takes and ``strict`` said."""
    path = f"tools.{tool.name}"
    parameters, lost = normalise_parameters(tool.parameters, f"{path}.parameters")
    notes.extend(lost)
    strict = bool(tool.strict) and is_strict_safe(parameters)
    if tool.strict and not strict:
        detail = "the schema does not qualify for strict"
        notes.append(Note(path=f"{path}.strict", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))
    return FunctionTool(
        name=names.upstream(tool.name), description=tool.description, parameters=parameters, strict=strict
    )


def chosen_tool(request: Request, names: NameMap) -> ToolChoice | None:
    """The tool choice in upstream names.

    Raises:
        Unsupported: the choice names a tool that is not offered.
    """
    choice = request.tool_choice
    match choice:
        case ChooseTool():
            _check_offered(choice, request.tools)
            return msgspec.structs.replace(choice, name=names.upstream(choice.name))
        case ChooseAmong():
            return msgspec.structs.replace(
                choice,
                tools=tuple(
                    msgspec.structs.replace(tool, name=names.upstream(tool.name))
                    if isinstance(tool, ChooseTool)
                    else tool
                    for tool in choice.tools
                ),
            )
        case ChooseMode() | ChooseHosted() | None:
            return choice


def _check_offered(choice: ChooseTool, tools: Sequence[Tool]) -> None:
    offered = {tool.name for tool in tools if isinstance(tool, FunctionTool | CustomTool)}
    grouped = any(isinstance(tool, NamespaceTool) for tool in tools)
    if choice.name not in offered and not grouped:
        raise Unsupported("tool_choice", f"names the tool {choice.name!r}, which is not in tools")
