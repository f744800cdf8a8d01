"""Tools that the owner writes down once, in the form of this dialect, to have them offered with every request.

Rules of this file: strict, since nobody reads a mistake later on: functions and the tools that the accounts run, each
once, and nothing a function has no use for.  ``strict`` is always said, because the upstream takes an omitted one for
true.  Source: spec, accounts, 7.1; OpenAI API reference.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.tools import FunctionTool, HostedTool, Tool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.tools import build_tool, parse_tool
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.json_text import decode_value, encode
from codex_proxy.protocols.parts.schemas import is_strict_safe, normalise_parameters

MOST_TOOLS: Final = 64
MOST_BYTES: Final = 65_536
RUN_UPSTREAM: Final = frozenset({"web_search", "image_generation"})

DefaultTool: TypeAlias = FunctionTool | HostedTool

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_default_tools(value: Any, path: str = "") -> tuple[DefaultTool, ...]:
    """The tools of a list; ``path`` is what the list is called.

    Raises:
        InvalidRequest: it is no list of such tools; names the member.
    """
    items = _as_json(value, path)
    tools = tuple(_read(fields) for fields in each_object(items, path))
    names = [tool.kind if isinstance(tool, HostedTool) else tool.name for tool in tools]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InvalidRequest(f"{path}[{index}]", f"{name} is there twice")
    return tools


def default_tools_told(tools: Sequence[Tool]) -> tuple[JsonObject, ...]:
    """The tools in the form that ``read_default_tools`` takes."""
    return tuple(map(build_tool, tools))


def _as_json(value: Any, path: str) -> list[Any]:
    """What the value is as JSON, whoever wrote it in which notation."""
    if not isinstance(value, list | tuple):
        raise InvalidRequest(path, f"expected a list of tools, got {json_type(value)}")
    if len(value) > MOST_TOOLS:
        raise InvalidRequest(path, f"at most {MOST_TOOLS} tools")
    try:
        text = encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(path, "holds what JSON cannot say") from error
    if len(text) > MOST_BYTES:
        raise InvalidRequest(path, f"at most {MOST_BYTES:,} bytes in all")
    items: list[Any] = decode_value(text)
    return items


def _read(fields: Fields) -> DefaultTool:
    if not fields.has("type"):
        raise InvalidRequest(fields.at("type"), "is required")
    tool = parse_tool(fields)
    match tool:
        case FunctionTool():
            return _function(tool, fields)
        case HostedTool() if tool.kind in RUN_UPSTREAM:
            return tool
        case _:
            known = ", ".join(sorted({"function", *RUN_UPSTREAM}))
            raise InvalidRequest(fields.at("type"), f"expected one of {known}")


def _function(tool: FunctionTool, fields: Fields) -> FunctionTool:
    if not _NAME.fullmatch(tool.name):
        raise InvalidRequest(fields.at("name"), "expected 1 to 64 letters, digits, _ and -")
    for name in tool.extra:
        raise InvalidRequest(fields.at(name), "is no member of a function")
    parameters, notes = normalise_parameters(tool.parameters, fields.at("parameters"))
    lost = next((note for note in notes if note.weight is Weight.LOSSY), None)
    if lost is not None:
        raise InvalidRequest(lost.path, lost.detail or "the upstream does not take such a schema")
    if tool.strict and not is_strict_safe(parameters):
        raise InvalidRequest(fields.at("strict"), "the parameters do not qualify for it")
    return msgspec.structs.replace(tool, parameters=parameters, strict=bool(tool.strict))
