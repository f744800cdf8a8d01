"""Tools and the choice among them.

Rules of this file: functions keep their names; every search tool is the one hosted web search; a tool that Google runs
and nobody else is left out with a note, and refused where it is the only one.
"""

import re
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseMode,
    ChooseTool,
    FunctionTool,
    HostedTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields, each_fields
from codex_proxy.protocols.gemini.request.schemas import as_declared, json_schema

WEB_SEARCH: Final = "web_search"
IMAGE_GENERATION: Final = "image_generation"

_SEARCHES: Final = (
    "googleSearch",
    "googleSearchRetrieval",
    "enterpriseWebSearch",
    "urlContext",
    "parallelAiSearch",
    "exaAiSearch",
)
_MODES: Final = {
    "AUTO": ChoiceMode.AUTO,
    "ANY": ChoiceMode.REQUIRED,
    "NONE": ChoiceMode.NONE,
    "VALIDATED": ChoiceMode.AUTO,
    "MODE_UNSPECIFIED": ChoiceMode.AUTO,
}
_LANGUAGE_REGION: Final = re.compile(r"[a-z]{2,3}[-_](?:[A-Z][a-z]{3}[-_])?([A-Z]{2})")


def parse_tools(body: WireFields, notes: list[Note]) -> tuple[Tool, ...]:
    """``tools``, whose objects may each hold several.

    Raises:
        InvalidRequest: a function without a name, or nothing but tools that only Google runs.
    """
    told = body.take("tools")
    entries = told if isinstance(told, list) else [] if told is None else [told]
    functions: list[Tool] = []
    searches: list[HostedTool] = []
    foreign: list[str] = []
    for entry in each_fields(entries, body.at("tools")):
        declared = entry.take_list("functionDeclarations") or []
        told = each_fields(declared, entry.at("functionDeclarations"))
        functions.extend(_parse_function(function, notes) for function in told)
        searches.extend(_parse_searches(entry, notes))
        foreign.extend(entry.at(name) for name in entry.told())
    if foreign and not functions and not searches:
        raise InvalidRequest(foreign[0], "this tool is run by Google only", code="unsupported_value")
    notes.extend(
        Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail="this tool is run by Google only")
        for path in foreign
    )
    return (*functions, *searches[:1])


def parse_tool_choice(config: WireFields, tools: tuple[Tool, ...], notes: list[Note]) -> ToolChoice | None:
    """The choice that ``toolConfig`` makes; None where it makes none or there is nothing to choose from.

    Raises:
        InvalidRequest: an allowed function is not among the tools.
    """
    calling = config.take_fields("functionCallingConfig")
    if calling is None or not tools:
        return None
    told = calling.take_string("mode")
    mode = _MODES.get((told or "AUTO").upper())
    if mode is None:
        notes.append(Note(path=calling.at("mode"), verdict=Verdict.DROPPED, detail=f"unknown mode {told!r}"))
        mode = ChoiceMode.AUTO
    names = _allowed_names(calling, tools)
    if mode is ChoiceMode.NONE or not names:
        return ChooseMode(mode=mode) if told is not None else None
    required = mode is ChoiceMode.REQUIRED
    if required and len(names) == 1:
        return ChooseTool(name=names[0])
    return ChooseAmong(required=required, tools=tuple(ChooseTool(name=name) for name in names))


def with_location(tools: tuple[Tool, ...], config: WireFields, notes: list[Note]) -> tuple[Tool, ...]:
    """The tools with the country that ``toolConfig.retrievalConfig`` tells for searches by its language."""
    retrieval = config.take_fields("retrievalConfig")
    if retrieval is None:
        return tools
    if retrieval.take("latLng") is not None:
        notes.append(Note(path=retrieval.at("latLng"), verdict=Verdict.DROPPED, detail="searches take no coordinates"))
    found = _LANGUAGE_REGION.fullmatch(retrieval.take_string("languageCode") or "")
    if found is None:
        return tools
    place = {"type": "approximate", "country": found.group(1)}
    return tuple(
        HostedTool(kind=tool.kind, settings={**tool.settings, "user_location": place})
        if isinstance(tool, HostedTool) and tool.kind == WEB_SEARCH
        else tool
        for tool in tools
    )


def _parse_function(function: WireFields, notes: list[Note]) -> FunctionTool:
    name = function.need_string("name")
    if not name:
        raise InvalidRequest(function.at("name"), "must not be empty", code="invalid_value")
    parameters = _parse_parameters(function, notes)
    description = function.take_string("description")
    return FunctionTool(name=name, description=description, parameters=parameters, extra=function.told())


def _parse_parameters(function: WireFields, notes: list[Note]) -> JsonObject | None:
    declared, own = function.take_object("parametersJsonSchema"), function.take_object("parameters")
    if declared is not None:
        return as_declared(declared, function.at("parametersJsonSchema"), notes)
    return None if own is None else json_schema(own, function.at("parameters"), notes)


def _parse_searches(entry: WireFields, notes: list[Note]) -> list[HostedTool]:
    found: list[HostedTool] = []
    for name in _SEARCHES:
        told: Any = entry.take(name)
        if told is None:
            continue
        settings = WireFields(told if isinstance(told, dict) else {}, entry.at(name))
        found.append(HostedTool(kind=WEB_SEARCH, settings=_search_settings(settings)))
        notes.extend(
            Note(path=settings.at(member), verdict=Verdict.DROPPED, detail="searches take no such setting")
            for member in settings.told()
        )
    return found


def _search_settings(settings: WireFields) -> JsonObject:
    blocked = settings.take("excludeDomains")
    known = [domain for domain in blocked if isinstance(domain, str)] if isinstance(blocked, list) else []
    return {"filters": {"blocked_domains": known}} if known else {}


def _allowed_names(calling: WireFields, tools: tuple[Tool, ...]) -> list[str]:
    declared = {tool.name for tool in tools if isinstance(tool, FunctionTool)}
    names = calling.take_list("allowedFunctionNames") or []
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in declared:
            where = f"{calling.at('allowedFunctionNames')}[{index}]"
            raise InvalidRequest(where, f"names {name!r}, which is not among the tools", code="invalid_value")
    return names
