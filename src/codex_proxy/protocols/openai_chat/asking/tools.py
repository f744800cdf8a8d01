"""Tools and the choice among them, for a vendor.

Rules of this file: schemas stay as the client sent them; free-text tools become functions where the vendor has none.
A choice that the vendor cannot be told is made by what is offered, as far as that goes, and noted where it is not.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, assert_never

import msgspec

from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
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
    ToolChoice,
)
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ChoiceWord
from codex_proxy.protocols.openai_chat.tools import WEB_SEARCH
from codex_proxy.protocols.parts.asking.free_text import PARAMETERS, told_as_function
from codex_proxy.protocols.parts.asking.nested import put_back
from codex_proxy.protocols.parts.asking.unsaid import unsaid_settings, unstrict

_Flat: TypeAlias = FunctionTool | CustomTool | HostedTool
_FORCING: Final = frozenset({ChoiceWord.REQUIRED, ChoiceWord.NAMED, ChoiceWord.ALLOWED})
_SAID_OF_SEARCHES: Final = frozenset({"search_context_size", "user_location"})
_AUTO: Final = ChooseMode(mode=ChoiceMode.AUTO)
_REQUIRED: Final = ChooseMode(mode=ChoiceMode.REQUIRED)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Members of the body, and what the vendor cannot be told."""

    members: JsonObject
    notes: tuple[Note, ...]


def used_names(request: Request) -> Iterator[str]:
    """Every tool name a request uses: offered or called before."""
    for tool in _flat(request.tools):
        if isinstance(tool, FunctionTool | CustomTool):
            yield tool.name
    for turn in request.turns:
        for block in turn.blocks:
            name = getattr(block, "name", None)
            if isinstance(name, str):
                yield name


def free_text_names(request: Request) -> frozenset[str]:
    """The free-text tools, members of groups included."""
    return frozenset(tool.name for tool in _flat(request.tools) if isinstance(tool, CustomTool))


def offer_tools(request: Request, profile: ChatProfile, rename: Callable[[str], str], *, thinks: bool) -> Offer:
    """``tools``, ``tool_choice``, ``parallel_tool_calls`` and ``web_search_options``; ``rename`` makes names fit."""
    offering = _Offering(profile, rename, own=request.dialect is Dialect.OPENAI_CHAT)
    tools, choice = offering.fit(tuple(_flat(request.tools)), request.tool_choice, thinks=thinks)
    wire = [made for tool in tools if (made := offering.write(tool)) is not None]
    members: JsonObject = {}
    search = _search_settings(request.tools) if profile.web_search else None
    if search is not None:
        members["web_search_options"] = _search_options(search)
        offering.notes += unsaid_settings(search, _SAID_OF_SEARCHES)
    offering.note_losses(request)
    if wire:
        members["tools"] = wire
        if choice is not None:
            members["tool_choice"] = offering.choose(choice)
        if request.parallel_tool_calls is not None and profile.parallel_tool_calls:
            members["parallel_tool_calls"] = request.parallel_tool_calls
    return Offer(members=members, notes=tuple(offering.notes))


class _Offering:
    def __init__(self, profile: ChatProfile, rename: Callable[[str], str], *, own: bool) -> None:
        self._own = own  # the client speaks this dialect: members without a meaning here go on to the vendor
        self.notes: list[Note] = []
        self._profile = profile
        self._rename = rename

    def fit(
        self, tools: tuple[_Flat, ...], choice: ToolChoice | None, *, thinks: bool
    ) -> tuple[tuple[_Flat, ...], ToolChoice | None]:
        """What to offer and to say, so that the vendor does what was chosen."""
        words = set(self._profile.choices)
        if thinks and not self._profile.forces_while_thinking:
            words -= _FORCING
        match choice:
            case ChooseMode(mode=ChoiceMode.NONE) if ChoiceWord.NONE not in words:
                return (), None
            case ChooseMode(mode=ChoiceMode.REQUIRED):
                return tools, self._forced(words)
            case ChooseTool() if ChoiceWord.NAMED not in words:
                only = tuple(tool for tool in tools if _name(tool) == choice.name)
                return (only, _REQUIRED) if ChoiceWord.REQUIRED in words else (tools, self._forced(words))
            case ChooseAmong() if ChoiceWord.ALLOWED not in words:
                allowed = {tool.name for tool in choice.tools if isinstance(tool, ChooseTool)}
                kept = tuple(tool for tool in tools if _name(tool) in allowed)
                return kept, self._forced(words) if choice.required else _AUTO
            case ChooseHosted():
                self._note("tool_choice", Verdict.DROPPED, "the vendor does not run this tool")
                return tools, None
            case _:
                return tools, choice

    def _forced(self, words: set[ChoiceWord]) -> ChooseMode:
        if ChoiceWord.REQUIRED in words:
            return _REQUIRED
        self._note("tool_choice", Verdict.APPROXIMATED, "the vendor cannot be made to call a tool")
        return _AUTO

    def write(self, tool: _Flat) -> JsonObject | None:
        match tool:
            case HostedTool():
                return None
            case FunctionTool() | CustomTool() if not self._profile.tools:
                return None
            case FunctionTool():
                made = self._function(tool.name, tool.description, tool.parameters, strict=tool.strict)
                return put_back(made, tool.extra) if self._own else made
            case CustomTool() if self._profile.custom_tools:
                return self._custom(tool)
            case CustomTool():
                return self._function(tool.name, told_as_function(tool), PARAMETERS, strict=None)
            case _:
                assert_never(tool)

    def choose(self, choice: ToolChoice) -> str | JsonObject | None:
        match choice:
            case ChooseMode():
                return choice.mode.value
            case ChooseTool():
                return self._named(choice)
            case ChooseHosted():
                return None
            case ChooseAmong():
                named = [self._named(tool) for tool in choice.tools if isinstance(tool, ChooseTool)]
                mode = "required" if choice.required else "auto"
                return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}}
            case _:
                assert_never(choice)

    def note_losses(self, request: Request) -> None:
        for index, tool in enumerate(request.tools):
            match tool:
                case NamespaceTool():
                    self._note(f"tools[{index}].namespace", Verdict.APPROXIMATED, "members are sent ungrouped")
                case HostedTool() if tool.kind != WEB_SEARCH or not self._profile.web_search:
                    self._note(f"tools[{index}]", Verdict.DROPPED, f"the vendor does not run {tool.kind}")
                case _ if not self._profile.tools and not isinstance(tool, HostedTool):
                    self._note(f"tools[{index}]", Verdict.DROPPED, "the vendor calls no tools")

    def _function(
        self, name: str, description: str | None, parameters: JsonObject | None, *, strict: bool | None
    ) -> JsonObject:
        function: JsonObject = {"name": self._rename(name)}
        if description is not None:
            function["description"] = description
        function["parameters"] = parameters or {"type": "object", "properties": {}}
        if strict is not None and self._profile.strict:
            function["strict"] = strict
        elif strict:
            self.notes.append(unstrict(f"tools.{name}"))
        return {"type": "function", "function": function}

    def _custom(self, tool: CustomTool) -> JsonObject:
        custom: JsonObject = {"name": self._rename(tool.name)}
        if tool.description is not None:
            custom["description"] = tool.description
        if tool.grammar is not None:
            grammar = {"syntax": tool.grammar.syntax, "definition": tool.grammar.definition}
            custom["format"] = {"type": "grammar", "grammar": grammar}
        return {"type": "custom", "custom": custom}

    def _named(self, choice: ChooseTool) -> JsonObject:
        kind = "custom" if choice.kind is ToolKind.CUSTOM and self._profile.custom_tools else "function"
        return {"type": kind, kind: {"name": self._rename(choice.name)}}

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def _search_settings(tools: tuple[Tool, ...]) -> JsonObject | None:
    searches = (tool for tool in tools if isinstance(tool, HostedTool) and tool.kind == WEB_SEARCH)
    return next((search.settings for search in searches), None)


def _search_options(settings: JsonObject) -> JsonObject:
    made: JsonObject = {}
    if "search_context_size" in settings:
        made["search_context_size"] = settings["search_context_size"]
    where = settings.get("user_location")
    if isinstance(where, dict):
        approximate = {key: value for key, value in where.items() if key != "type"}
        made["user_location"] = {"type": "approximate", "approximate": approximate}
    return made


def _flat(tools: tuple[Tool, ...]) -> Iterator[_Flat]:
    for tool in tools:
        if isinstance(tool, NamespaceTool):
            yield from _flat(tool.tools)
        else:
            yield tool


def _name(tool: _Flat) -> str | None:
    return None if isinstance(tool, HostedTool) else tool.name
