"""Token counts of the Messages wire, both ways, and our own estimate of a request's.

Rules of this file: pure.  Anthropic counts cached input apart from ``input_tokens``, we count it in; nothing is
invented but the estimate, which is marked as one by standing in ``message_start`` only.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import Block, File, Image, JsonObject, Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.tools import CustomTool, FunctionTool, NamespaceTool, Tool
from codex_proxy.canonical.usage import Usage, tokens_of_size
from codex_proxy.protocols.parts.json_text import encode

_MEDIA_TOKENS: Final = 1000  # what a picture costs about; its base64 is never counted
_OURS: Final = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "output_tokens_details",
        "service_tier",
    }
)
_KEPT: Final = frozenset({"cache_creation", "server_tool_use", "iterations", "inference_geo", "speed"})


def usage_object(usage: Usage, *, searches_count: int) -> JsonObject:
    """Counts in the wire's shape; ``searches_count`` are the hosted searches told in this answer."""
    written = usage.cache_write_tokens or 0
    told: JsonObject = {
        "input_tokens": max(0, usage.input_tokens - usage.cached_tokens - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }
    if searches_count:
        told["server_tool_use"] = {"web_search_requests": searches_count, "web_fetch_requests": 0}
    return told | {name: value for name, value in usage.extra.items() if name in _KEPT and value is not None}


def tier_of(service_tier: str | None) -> JsonObject:
    """The members that tell the tier used, where it is known."""
    if service_tier is None:
        return {}
    return {"service_tier": "priority" if service_tier == "priority" else "standard"}


def opening_usage(input_tokens: int) -> JsonObject:
    """The counts of ``message_start``, where only an estimate of the input is known."""
    return {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
    }


def parse_usage(told: JsonObject) -> Usage:
    """Counts as a vendor tells them; what is no number counts as 0."""
    cached, written = _count(told, "cache_read_input_tokens"), _count(told, "cache_creation_input_tokens")
    details = told.get("output_tokens_details")
    return Usage(
        input_tokens=_count(told, "input_tokens") + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written if isinstance(told.get("cache_creation_input_tokens"), int) else None,
        output_tokens=_count(told, "output_tokens"),
        reasoning_tokens=_count(details, "thinking_tokens") if isinstance(details, dict) else 0,
        extra={name: value for name, value in told.items() if name not in _OURS and value is not None},
    )


def estimate_input_tokens(request: Request) -> int:
    """The request's size in tokens, from the bytes of its texts and tools."""
    blocks = [block for turn in request.turns for block in turn.blocks]
    texts = [request.instructions or "", *_texts(blocks), *_tool_texts(request.tools)]
    size = sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in texts)
    return tokens_of_size(size) + _MEDIA_TOKENS * sum(_media(blocks))


def _texts(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Text():
                yield block.text
            case Thinking():
                yield from block.summary
            case ToolCall():
                yield block.name + block.arguments
            case ToolResult():
                yield from (part.text for part in block.parts if isinstance(part, Text))


def _tool_texts(tools: tuple[Tool, ...]) -> Iterator[str]:
    for tool in tools:
        match tool:
            case FunctionTool():
                yield f"{tool.name}{tool.description or ''}{encode(tool.parameters or {}).decode()}"
            case CustomTool():
                yield f"{tool.name}{tool.description or ''}{tool.grammar.definition if tool.grammar else ''}"
            case NamespaceTool():
                yield from _tool_texts(tool.tools)


def _media(blocks: list[Block]) -> Iterator[bool]:
    for block in blocks:
        yield isinstance(block, Image | File)
        if isinstance(block, ToolResult):
            yield from (isinstance(part, Image | File) for part in block.parts)


def _count(members: JsonObject, name: str) -> int:
    value: Any = members.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0
