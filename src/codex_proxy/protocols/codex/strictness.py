"""What the Codex backend refuses, with the bodies it refuses it with.

Rules of this file: pure; the first breach in this order answers.  Source: replies of the backend quoted in public
reports; captures of Codex CLI 0.98 to 0.169, whose requests must all pass.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject

ALLOWED: Final = frozenset(
    {
        "model", "stream", "instructions", "input", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "store",
        "include", "service_tier", "prompt_cache_key", "text", "client_metadata", "stream_options",
        "access_programs",
    }
)  # fmt: skip
PART_TYPES: Final = frozenset(
    {
        "input_text", "input_image", "output_text", "refusal", "input_file", "input_audio", "computer_screenshot",
        "summary_text", "encrypted_content", "reasoning_text",
    }
)  # fmt: skip
EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
TIERS: Final = frozenset({"priority", "flex"})
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CALLS: Final = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_OUTPUTS: Final = {output: call for call, output in _CALLS.items()}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP error: status and JSON body."""

    status: int
    body: JsonObject


def detail(words: str, status: int = 400) -> Refusal:
    """The backend's short form of an error."""
    return Refusal(status=status, body={"detail": words})


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> Refusal:
    """The backend's long form of a 400."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(status=400, body={"error": error})


def refusal_of(body: JsonObject, *, models: Collection[str], issued: Callable[[str], bool]) -> Refusal | None:
    """Why this request is refused, None if it is accepted.

    ``models`` are the slugs of the account's plan, ``issued`` tells encrypted contents that this account was given.
    """
    return next(_breaches(body, models, issued), None)


def _breaches(body: JsonObject, models: Collection[str], issued: Callable[[str], bool]) -> Iterator[Refusal]:
    for name in body:
        if name not in ALLOWED:
            yield detail(f"Unsupported parameter: {name}")
    if body.get("store") is not False:
        yield detail("Store must be set to false")
    if body.get("stream") is not True:
        yield detail("Stream must be set to true")
    model = body.get("model")
    if model not in models:
        yield detail(f"The '{model}' model is not supported when using Codex with a ChatGPT account.")
    if "instructions" in body and not isinstance(body["instructions"], str):
        yield detail("Instructions are required")
    if body.get("service_tier") not in {None, *TIERS}:
        yield detail(f"Unsupported service_tier: {body['service_tier']}")
    yield from _reasoning_breaches(body)
    items = body.get("input")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield detail("Input must be a list")
        return
    yield from _tool_breaches(body)
    yield from _item_breaches(items, issued)
    yield from _pairing_breaches(items)
    yield from _format_breaches(body, items)


def _reasoning_breaches(body: JsonObject) -> Iterator[Refusal]:
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else None
    if effort is not None and effort not in EFFORTS:
        yield invalid(f"Invalid value: '{effort}'.", code="invalid_value", param="reasoning.effort")


def _tool_breaches(body: JsonObject) -> Iterator[Refusal]:
    tools = body.get("tools")
    for place, tool in enumerate(tools if isinstance(tools, list) else []):
        if not isinstance(tool, dict) or tool.get("type") not in {"function", "custom"}:
            continue
        name = tool.get("name")
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            words = f"Invalid 'tools[{place}].name': string does not match pattern '^[a-zA-Z0-9_-]+$' of 64 characters."
            yield invalid(words, code="invalid_value", param=f"tools[{place}].name")
        if tool["type"] == "function":
            yield from _schema_breaches(tool, place)


def _schema_breaches(tool: JsonObject, place: int) -> Iterator[Refusal]:
    parameters = tool.get("parameters")
    name, param = tool.get("name"), f"tools[{place}].parameters"
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        words = f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
        yield invalid(words, code="invalid_function_parameters", param=param)
    elif "properties" not in parameters:
        words = f"Invalid schema for function '{name}': object schema missing properties."
        yield invalid(words, code="invalid_function_parameters", param=param)
    elif any(word in parameters for word in ("anyOf", "oneOf", "allOf", "enum", "not")):
        words = f"Invalid schema for function '{name}': schema must not have 'oneOf'/'anyOf'/'allOf' at the top level."
        yield invalid(words, code="invalid_function_parameters", param=param)


def _item_breaches(items: list[JsonObject], issued: Callable[[str], bool]) -> Iterator[Refusal]:
    for place, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "message":
            yield from _message_breaches(item, place)
        elif kind == "item_reference" or (kind == "reasoning" and not item.get("encrypted_content")):
            yield invalid(f"Item with id '{item.get('id')}' not found. Items are not persisted when store is false.")
        elif kind in {"reasoning", "compaction"} and not issued(str(item["encrypted_content"])):
            words = "The encrypted content could not be verified. Reason: it was not issued to this account."
            yield invalid(words, code="invalid_encrypted_content")


def _message_breaches(item: JsonObject, place: int) -> Iterator[Refusal]:
    if item.get("role") == "system":
        yield detail("System messages are not allowed")
    content = item.get("content")
    for index, part in enumerate(content if isinstance(content, list) else []):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in PART_TYPES:
            path = f"input[{place}].content[{index}].type"
            yield invalid(f"Invalid value: '{kind}'.", code="invalid_value", param=path)
        elif "prompt_cache_breakpoint" in part or "cache_control" in part:
            yield invalid("Unknown parameter in content part.", code="unknown_parameter")


def _pairing_breaches(items: list[JsonObject]) -> Iterator[Refusal]:
    called: dict[Any, None] = {}
    answered: set[Any] = set()
    for item in items:
        kind, call_id = item.get("type"), item.get("call_id")
        if kind in _CALLS:
            called[call_id] = None
        elif kind in _OUTPUTS:
            if call_id not in called:
                yield invalid(f"No tool call found for function call output with call_id {call_id}.", param="input")
            answered.add(call_id)
    for call_id in called:
        if call_id not in answered:
            yield invalid(f"No tool output found for function call {call_id}.", param="input")


def _format_breaches(body: JsonObject, items: list[JsonObject]) -> Iterator[Refusal]:
    text = body.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    asks = isinstance(wanted, dict) and wanted.get("type") == "json_object"
    if asks and b"json" not in msgspec.json.encode(items).lower():
        words = "Response input messages must contain the word 'json' in some form to use 'json_object'."
        yield invalid(words, param="input")


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """The bearer token of a request."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None
