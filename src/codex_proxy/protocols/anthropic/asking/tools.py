"""Tools and tool choice for a vendor.

Rules of this file: schemas go out as objects; free-text tools become functions with one member; groups are sent
ungrouped.  While the model thinks, it cannot be forced to call a tool.
"""

from collections.abc import Iterator
from typing import Final, assert_never

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
)
from codex_proxy.protocols.anthropic.schema import WEB_SEARCH, AnthropicProfile
from codex_proxy.protocols.parts.asking.free_text import PARAMETERS, told_as_function
from codex_proxy.protocols.parts.asking.unsaid import unsaid_settings, unstrict
from codex_proxy.protocols.parts.names import NameMap

_SEARCH_TYPE: Final = "web_search_20250305"
_DOMAINS: Final = ("allowed_domains", "blocked_domains")
_MODES: Final = {ChoiceMode.AUTO: "auto", ChoiceMode.REQUIRED: "any", ChoiceMode.NONE: "none"}


def client_names(request: Request) -> Iterator[str]:
    """Every tool name a request uses: offered or called before."""
    for tool in _flat(request.tools):
        if isinstance(tool, FunctionTool | CustomTool):
            yield tool.name
    for turn in request.turns:
        for block in turn.blocks:
            name = getattr(block, "name", None)
            if isinstance(name, str):
                yield name


def custom_names(request: Request) -> frozenset[str]:
    """Free-text tools, which the vendor sees as functions."""
    return frozenset(tool.name for tool in _flat(request.tools) if isinstance(tool, CustomTool))


class Tools:
    """What is offered to the vendor, and what it cannot be told."""

    def __init__(self, request: Request, profile: AnthropicProfile, names: NameMap) -> None:
        self.notes: list[Note] = []
        self._request = request
        self._profile = profile
        self._names = names
        allowed = _allowed_names(request)
        offered = [(tool, self._tool(tool)) for tool in self._offered(request.tools)]
        self.wire = [wire for tool, wire in offered if wire is not None and _may(tool, allowed)]

    def choice(self, *, thinks: bool) -> JsonObject | None:
        """``tool_choice``; None where the vendor's own default says the same."""
        parallel = self._request.parallel_tool_calls
        choice = self._choice()
        if choice is None and parallel is False:
            choice = {"type": "auto"}
        if choice is not None and thinks and choice["type"] in {"any", "tool"}:
            self._note("tool_choice", Verdict.APPROXIMATED, "the vendor forces no tool while the model thinks")
            choice = {"type": "auto"}
        if choice is not None and parallel is False and choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
        return choice

    def _choice(self) -> JsonObject | None:
        choice = self._request.tool_choice
        match choice:
            case None:
                return None
            case ChooseMode(mode=mode):
                return {"type": _MODES[mode]}
            case ChooseTool(name=name):
                return {"type": "tool", "name": self._names.upstream(name)}
            case ChooseHosted(kind="web_search") if self._profile.web_search:
                return {"type": "tool", "name": WEB_SEARCH}
            case ChooseHosted():
                self._note("tool_choice", Verdict.DROPPED, f"the vendor does not run {choice.kind}")
                return None
            case ChooseAmong(required=required):
                return {"type": "any" if required else "auto"}
            case _:
                assert_never(choice)

    def _offered(self, tools: tuple[Tool, ...]) -> Iterator[FunctionTool | CustomTool | HostedTool]:
        for tool in tools:
            if isinstance(tool, NamespaceTool):
                self._note(f"tools.{tool.name}", Verdict.APPROXIMATED, "members of a group are sent ungrouped")
                yield from self._offered(tool.tools)
            else:
                yield tool

    def _tool(self, tool: FunctionTool | CustomTool | HostedTool) -> JsonObject | None:
        match tool:
            case FunctionTool():
                return self._function(tool)
            case CustomTool():
                return self._custom(tool)
            case HostedTool(kind="web_search") if self._profile.web_search:
                return self._search(tool)
            case HostedTool():
                self._note("tools", Verdict.DROPPED, f"the vendor does not run {tool.kind}")
                return None

    def _function(self, tool: FunctionTool) -> JsonObject:
        wire: JsonObject = {"name": self._names.upstream(tool.name)}
        if tool.description:
            wire["description"] = tool.description
        wire["input_schema"] = {"type": "object", **(tool.parameters or {"properties": {}})}
        if tool.strict and not self._profile.strict:
            self.notes.append(unstrict(f"tools.{tool.name}"))
        return wire | {"strict": True} if tool.strict and self._profile.strict else wire

    def _custom(self, tool: CustomTool) -> JsonObject:
        name = self._names.upstream(tool.name)
        return {"name": name, "description": told_as_function(tool), "input_schema": PARAMETERS}

    def _search(self, tool: HostedTool) -> JsonObject:
        """The search, which takes domains to keep to or to leave out, not both."""
        wire: JsonObject = {"type": _SEARCH_TYPE, "name": WEB_SEARCH}
        filters = tool.settings.get("filters")
        said = {"user_location"}
        for name in _DOMAINS:
            if isinstance(filters, dict) and filters.get(name) and not wire.keys() & set(_DOMAINS):
                wire[name] = filters[name]
                said.add(f"filters.{name}")
        if isinstance(tool.settings.get("user_location"), dict):
            wire["user_location"] = tool.settings["user_location"]
        self.notes += unsaid_settings(tool.settings, said)
        return wire

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def _flat(tools: tuple[Tool, ...]) -> Iterator[Tool]:
    for tool in tools:
        yield from _flat(tool.tools) if isinstance(tool, NamespaceTool) else (tool,)


def _allowed_names(request: Request) -> frozenset[str] | None:
    """Names that a choice among several leaves over; the vendor knows no such choice, so others are not offered."""
    choice = request.tool_choice
    if not isinstance(choice, ChooseAmong):
        return None
    return frozenset(tool.name if isinstance(tool, ChooseTool) else tool.kind for tool in choice.tools)


def _may(tool: FunctionTool | CustomTool | HostedTool, allowed: frozenset[str] | None) -> bool:
    return allowed is None or (tool.kind if isinstance(tool, HostedTool) else tool.name) in allowed
