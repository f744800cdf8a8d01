"""What the backend refuses in a request body, in the order in which it looks.

Rules of this file: the accepted members are a list, everything else is an unsupported parameter; answers are neither
stored nor whole.  Source: captures of Codex CLI 0.98 to 0.169 for what is accepted; replies quoted in public reports
for what is not.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.codex.strictness.items import check_items
from codex_proxy.protocols.codex.strictness.refusal import detail, error, invalid_type, invalid_value, too_long
from codex_proxy.protocols.codex.strictness.tools import check_choice, check_name, check_strict, check_tools

ACCEPTED: Final = frozenset(
    {
        "model",
        "stream",
        "instructions",
        "input",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "store",
        "include",
        "service_tier",
        "prompt_cache_key",
        "text",
        "client_metadata",
        "generate",
        "access_programs",
    }
)
COMPACT_ACCEPTED: Final = frozenset(
    {"model", "input", "instructions", "tools", "parallel_tool_calls", "reasoning", "text", "prompt_cache_key"}
)
SERVICE_TIERS: Final = ("priority", "flex")
SUMMARIES: Final = ("auto", "concise", "detailed", "none")
VERBOSITIES: Final = ("low", "medium", "high")
INCLUDES: Final = (
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
    "file_search_call.results",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "message.output_text.logprobs",
)
MAX_CACHE_KEY_CHARACTERS: Final = 64


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a body is judged against.

    ``efforts`` maps each model of the account's plan to the efforts it takes; ``is_issued`` says whether encrypted
    content was given to this account.
    """

    efforts: Mapping[str, tuple[str, ...]]
    is_issued: Callable[[str], bool]


def check_body(body: JsonObject, ground: Ground) -> None:
    """Refuse a body of ``POST /codex/responses`` as the backend does.

    Raises:
        Refused: with the backend's reply.
    """
    _check_members(body, ACCEPTED)
    if body.get("store") is not False:
        raise detail("Store must be set to false")
    if body.get("stream") is not True:
        raise detail("Stream must be set to true")
    _check_common(body, ground)
    _check_format(body)
    tier = body.get("service_tier")
    if tier is not None and tier not in SERVICE_TIERS:
        raise detail(f"Unsupported service_tier: {tier}")
    for word in body.get("include") or []:
        if word not in INCLUDES:
            raise invalid_value("include", word, INCLUDES)


def check_compact_body(body: JsonObject, ground: Ground) -> None:
    """Refuse a body of ``POST /codex/responses/compact``; raises like ``check_body``."""
    _check_members(body, COMPACT_ACCEPTED)
    _check_common(body, ground)


def _check_members(body: JsonObject, accepted: frozenset[str]) -> None:
    for name in body:
        if name not in accepted:
            raise detail(f"Unsupported parameter: {name}")


def _check_common(body: JsonObject, ground: Ground) -> None:
    model = body.get("model")
    if not isinstance(model, str) or model not in ground.efforts:
        raise detail(f"The '{model}' model is not supported when using Codex with a ChatGPT account.")
    if "instructions" in body and not isinstance(body["instructions"], str):
        raise detail("Instructions are required" if body["instructions"] is None else "Instructions must be a string")
    items = body.get("input")
    if not isinstance(items, list):
        raise detail("Input must be a list")
    if not items:
        raise error("Missing required parameter: 'input'.", code="missing_required_parameter", param="input")
    check_tools(body.get("tools"))
    check_items(items, ground.is_issued)
    check_choice(body.get("tool_choice"), _offered(body, items))
    _check_reasoning(body.get("reasoning"), model, ground.efforts[model])
    key = body.get("prompt_cache_key")
    if isinstance(key, str) and len(key) > MAX_CACHE_KEY_CHARACTERS:
        raise too_long("prompt_cache_key", MAX_CACHE_KEY_CHARACTERS, len(key))


def _offered(body: JsonObject, items: list[JsonObject]) -> list[JsonObject]:
    added = [tool for item in items if item.get("type") == "additional_tools" for tool in item.get("tools") or []]
    return [*(body.get("tools") or []), *added]


def _check_reasoning(reasoning: Any, model: str, efforts: tuple[str, ...]) -> None:
    if reasoning is None:
        return
    if not isinstance(reasoning, dict):
        raise invalid_type("reasoning", "an object")
    effort, summary = reasoning.get("effort"), reasoning.get("summary")
    if effort is not None and effort not in efforts:
        listed = ", ".join(f"'{word}'" for word in efforts)
        raise error(
            f"Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are: {listed}.",
            code="unsupported_value",
            param="reasoning.effort",
        )
    if summary is not None and summary not in SUMMARIES:
        raise invalid_value("reasoning.summary", summary, SUMMARIES)


def _check_format(body: JsonObject) -> None:
    text = body.get("text")
    if text is None:
        return
    if not isinstance(text, dict):
        raise invalid_type("text", "an object")
    verbosity, told = text.get("verbosity"), text.get("format")
    if verbosity is not None and verbosity not in VERBOSITIES:
        raise invalid_value("text.verbosity", verbosity, VERBOSITIES)
    if not isinstance(told, dict):
        return
    if told.get("type") == "json_schema":
        _check_schema(told)
    elif told.get("type") == "json_object" and not _says_json(body["input"]):
        raise error(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            param="input",
        )


def _check_schema(told: JsonObject) -> None:
    check_name(told.get("name"), "text.format.name")
    schema = told.get("schema")
    if not isinstance(schema, dict):
        raise error(
            "Missing required parameter: 'text.format.schema'.",
            code="missing_required_parameter",
            param="text.format.schema",
        )
    if told.get("strict") is True:
        check_strict(schema, f"response_format '{told['name']}'", "text.format.schema")


def _says_json(items: list[JsonObject]) -> bool:
    return any(
        "json" in text.lower() for item in items if item.get("type", "message") == "message" for text in _texts(item)
    )


def _texts(item: JsonObject) -> list[str]:
    content = item.get("content")
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content or [] if isinstance(part.get("text"), str)]
