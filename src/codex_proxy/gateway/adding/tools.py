"""Tools that the owner has offered with every request, beside those of its client.

Rules of this file: pure.  A client that says which tools may be called, or that none may, is left to it; so is one
whose endpoint has no words for tools, or whose tools stand in its input.  Nothing is offered twice, and nothing that
the upstream does not take.  Source: spec, accounts, 7.1, 9.3; decisions, 19.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.tools import ChoiceMode, ChooseMode, HostedTool, NamespaceTool, Tool

Takes: TypeAlias = Callable[[Tool, Sequence[Tool]], bool]
"""Whether an upstream can be offered a tool beside others."""

ToolsOf: TypeAlias = Callable[[str], Sequence[Tool]]
"""The owner's tools for requests of a client key, by its id."""

PATH: Final = "tools"


def with_tools(request: Request, tools: Sequence[Tool], *, lite: bool) -> tuple[Request, int]:
    """The request with the owner's tools behind its own, and how many they are; ``lite`` is the model's form."""
    if not tools or not _is_open(request, lite=lite):
        return request, 0
    known = set(_known(request.tools))
    added = tuple(tool for tool in tools if known.isdisjoint(_known((tool,))))
    return (msgspec.structs.replace(request, tools=request.tools + added), len(added)) if added else (request, 0)


def as_taken(request: Request, added_count: int, takes: Takes) -> tuple[Request, tuple[Note, ...]]:
    """The request without those of its last ``added_count`` tools that the upstream does not take.

    A note tells of those that are left.
    """
    if not added_count:
        return request, ()
    own = offered = request.tools[:-added_count]
    for tool in request.tools[-added_count:]:
        if takes(tool, offered):
            offered = (*offered, tool)
    if len(offered) < len(request.tools):
        request = msgspec.structs.replace(request, tools=offered)
    return request, added_notes(request, len(offered) - len(own))


def added_notes(request: Request, added_count: int) -> tuple[Note, ...]:
    """What is told of the last tools of a request."""
    if not added_count:
        return ()
    names = ", ".join(map(_called, request.tools[-added_count:]))
    return (Note(path=PATH, verdict=Verdict.INVENTED, detail=f"the owner's default tools were added: {names}"),)


def _is_open(request: Request, *, lite: bool) -> bool:
    """Whether the model may be offered more than the client did."""
    codex = request.session.codex
    if not request.knows_tools or (codex is not None and (lite or codex.lite)):
        return False
    choice = request.tool_choice
    return choice is None or (isinstance(choice, ChooseMode) and choice.mode is ChoiceMode.AUTO)


def _known(tools: Sequence[Tool]) -> Iterator[tuple[str, str]]:
    """What tools are told apart by: names of those that clients run, kinds of those that upstreams run."""
    for tool in tools:
        if isinstance(tool, HostedTool):
            yield "kind", tool.kind
        else:
            yield "name", tool.name
        if isinstance(tool, NamespaceTool):
            yield from _known(tool.tools)


def _called(tool: Tool) -> str:
    return tool.kind if isinstance(tool, HostedTool) else tool.name
