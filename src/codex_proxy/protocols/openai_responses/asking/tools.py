"""Tools and the choice among them, for a vendor.

Rules of this file: what a client of this dialect offers stays as it is, but for tools that this vendor does not run and
free-text tools where it has none.
"""

from typing import assert_never

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.tools import (
    ChooseHosted,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.openai_responses.asking.disguise import disguised_choice, disguised_names, disguised_tool
from codex_proxy.protocols.openai_responses.asking.offers import chosen_tool, offered_function, offered_once
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.request.tools import build_choice, build_tool
from codex_proxy.protocols.parts.names import NameMap


class VendorOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Members of the body, the free-text tools that go as functions, and what was lost."""

    members: JsonObject
    disguised: frozenset[str]
    notes: tuple[Note, ...]


def vendor_offer(request: Request, names: NameMap, profile: ResponsesProfile) -> VendorOffer:
    """``tools``, ``tool_choice`` and ``parallel_tool_calls``.

    Raises:
        Unsupported: the choice names a tool that is not offered.
    """
    native = request.dialect is Dialect.OPENAI_RESPONSES
    offered, notes = _run_by(request.tools, profile)
    if not native:
        offered, more = offered_once(offered, lambda tool, lost: _offered(tool, names, lost))
        notes = (*notes, *more)
    choice = request.tool_choice if native else chosen_tool(request, names) if offered else None
    if isinstance(choice, ChooseHosted) and not runs(choice.kind, profile):
        choice = None  # the note says that the tool itself is missing
    disguised: frozenset[str] = frozenset()
    if not profile.custom_tools:
        disguised, choice = disguised_names(request.tools), disguised_choice(choice)
        offered = tuple(map(disguised_tool, offered))
    members = _members(offered, choice)
    if request.parallel_tool_calls is not None and (offered or native):
        members["parallel_tool_calls"] = request.parallel_tool_calls
    return VendorOffer(members=members, disguised=disguised, notes=notes)


def _run_by(tools: tuple[Tool, ...], profile: ResponsesProfile) -> tuple[tuple[Tool, ...], tuple[Note, ...]]:
    """The tools without those that only another vendor runs."""
    foreign = [
        index for index, tool in enumerate(tools) if isinstance(tool, HostedTool) and not runs(tool.kind, profile)
    ]
    detail = "the vendor does not run this tool"
    notes = (
        Note(path=f"tools[{index}]", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail) for index in foreign
    )
    return tuple(tool for index, tool in enumerate(tools) if index not in foreign), tuple(notes)


def runs(kind: str, profile: ResponsesProfile) -> bool:
    """Whether the vendor runs a hosted tool of this kind."""
    return profile.hosted_tools is None or kind in profile.hosted_tools


def _offered(tool: Tool, names: NameMap, notes: list[Note]) -> Tool:
    match tool:
        case FunctionTool():
            return offered_function(tool, names, notes)
        case HostedTool() | NamespaceTool():
            return tool
        case CustomTool():
            return msgspec.structs.replace(tool, name=names.upstream(tool.name), extra={})
        case _:
            assert_never(tool)


def _members(offered: tuple[Tool, ...], choice: ToolChoice | None) -> JsonObject:
    made: JsonObject = {"tools": [build_tool(tool) for tool in offered]} if offered else {}
    return made if choice is None else made | {"tool_choice": build_choice(choice)}
