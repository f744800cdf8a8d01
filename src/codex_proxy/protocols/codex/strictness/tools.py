"""What the backend refuses in tools, tool choices and schemas.

Rules of this file: names are 1 to 64 letters, digits, underscores and hyphens; a function's schema is an object schema;
a strict schema gives every member a type, lists every property as required and forbids others.  Source: OpenAI API
reference, structured outputs; replies quoted in public reports.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.codex.strictness.pictures import check_image_tool
from codex_proxy.protocols.codex.strictness.refusal import Refused, error, invalid_type, too_long

NAME: Final = re.compile(r"[a-zA-Z0-9_-]+")
MAX_NAME_CHARACTERS: Final = 64
MAX_SCHEMA_DEPTH: Final = 64

_NAMED: Final = frozenset({"function", "custom", "namespace"})
_SAYS_TYPE: Final = frozenset({"type", "anyOf", "$ref", "enum", "const", "oneOf", "allOf"})
_MODES: Final = frozenset({"auto", "none", "required"})


def check_tools(tools: Any, param: str = "tools") -> None:
    """Refuse the first illegal tool.

    Raises:
        Refused: with the backend's reply.
    """
    if tools is None:
        return
    if not isinstance(tools, list):
        raise invalid_type(param, "an array of objects")
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise invalid_type(f"{param}[{index}]", "an object")
        _check_tool(tool, f"{param}[{index}]")


def check_choice(choice: Any, tools: list[JsonObject]) -> None:
    """Refuse a choice that names a tool which is not offered; raises like ``check_tools``."""
    if choice is None:
        return
    if not isinstance(choice, dict):
        if choice in _MODES:
            return
        raise error(f"Invalid value: '{choice}'.", code="invalid_value", param="tool_choice")
    kind, name = choice.get("type"), choice.get("name")
    if kind == "allowed_tools":
        return
    offered = [tool for tool in _flattened(tools) if tool.get("type") == kind]
    if not any(name is None or tool.get("name") == name for tool in offered):
        raise error(f"Tool choice '{name or kind}' not found in 'tools' parameter.", param="tool_choice")


def check_name(name: Any, param: str) -> None:
    """Refuse an illegal name; raises like ``check_tools``."""
    if not isinstance(name, str) or not name:
        raise error(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
    if len(name) > MAX_NAME_CHARACTERS:
        raise too_long(param, MAX_NAME_CHARACTERS, len(name))
    if NAME.fullmatch(name) is None:
        raise error(
            f"Invalid '{param}': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            code="invalid_value",
            param=param,
        )


def check_strict(schema: JsonObject, owner: str, param: str) -> None:
    """Refuse a schema that strict mode does not take; ``owner`` is such as ``function 'weather'``."""
    for context, member in _walk(schema, (), 0):
        reason = _strict_defect(member)
        if reason is not None:
            raise _bad_schema(owner, f"In context={context!r}, {reason}", param)


def _check_tool(tool: JsonObject, param: str) -> None:
    kind = tool.get("type")
    if not isinstance(kind, str):
        raise error(f"Missing required parameter: '{param}.type'.", code="missing_required_parameter", param=param)
    if kind in _NAMED:
        check_name(tool.get("name"), f"{param}.name")
    if kind == "namespace":
        check_tools(tool.get("tools"), f"{param}.tools")
    if kind == "image_generation":
        check_image_tool(tool, param)
    if kind == "function":
        _check_parameters(tool, f"{param}.parameters")


def _check_parameters(tool: JsonObject, param: str) -> None:
    schema, strict = tool.get("parameters"), tool.get("strict") is True
    if schema is None and not strict:
        return
    owner = f"function '{tool['name']}'"
    if not isinstance(schema, dict):
        raise _bad_schema(owner, "schema must be a JSON Schema object.", param)
    if schema.get("type") != "object":
        told = schema.get("type")
        raise _bad_schema(owner, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{told}\"'.", param)
    if strict:
        check_strict(schema, owner, param)


def _strict_defect(schema: JsonObject) -> str | None:
    if not _SAYS_TYPE & schema.keys():
        return "schema must have a 'type' key."
    properties = schema.get("properties")
    if schema.get("type") != "object" and not isinstance(properties, dict):
        return None
    if schema.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    missing = [name for name in properties or {} if name not in (schema.get("required") or [])]
    if missing:
        return (
            "'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{missing[0]}'."
        )
    return None


def _walk(schema: Any, context: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    if not isinstance(schema, dict) or depth > MAX_SCHEMA_DEPTH:
        return
    yield context, schema
    for group in ("properties", "$defs", "definitions"):
        members = schema.get(group)
        for name, member in members.items() if isinstance(members, dict) else ():
            yield from _walk(member, (*context, group, name), depth + 1)
    yield from _walk(schema.get("items"), (*context, "items"), depth + 1)
    branches = schema.get("anyOf")
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        yield from _walk(branch, (*context, "anyOf", str(index)), depth + 1)


def _flattened(tools: list[JsonObject]) -> Iterator[JsonObject]:
    for tool in tools:
        yield tool
        if tool.get("type") == "namespace":
            yield from _flattened(tool.get("tools") or [])


def _bad_schema(owner: str, reason: str, param: str) -> Refused:
    return error(f"Invalid schema for {owner}: {reason}", code="invalid_function_parameters", param=param)
