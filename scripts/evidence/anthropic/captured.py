"""What a Messages request loses: on its way to the Codex backend, and to a vendor of its own dialect.

Rules of this file: the expected values are read from the client's body here, independently of the codec.  The Codex
backend gets every text, call and result, in order; a vendor gets the body as it was, but for the model and thoughts
that are not its own.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import UpstreamCall

_BILLING = "x-anthropic-billing-header:"
_OURS = frozenset({"model", "stream", "max_tokens", "messages"})


def message_losses(asked: JsonObject, call: UpstreamCall) -> list[str]:
    """What the body for the Codex backend leaves out or moves."""
    sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
    found = []
    expected = [part for message in asked["messages"] for part in _parts(message)]
    told = [part for item in sent["input"] for part in _told(item)]
    if told != expected:
        place = next((n for n, pair in enumerate(zip(expected, told, strict=False)) if pair[0] != pair[1]), -1)
        found.append(f"conversation: part {place} of {len(expected)} differs, {len(told)} sent")
    system = [block for block in _blocks(asked.get("system")) if not block["text"].startswith(_BILLING)]
    if "\n\n".join(block["text"] for block in system) != sent.get("instructions", ""):
        found.append("system: the instructions differ")
    tools = [tool["name"] for tool in asked.get("tools") or []]
    if tools != [tool["name"] for tool in sent.get("tools") or []]:
        found.append("tools: other names")
    loose = [tool["name"] for tool in sent.get("tools") or [] if tool.get("strict") is not False]
    return found + ([f"tools: strict was not said for {loose}"] if loose else [])


def native_losses(asked: JsonObject, call: UpstreamCall) -> list[str]:
    """What a vendor of the same dialect is not told."""
    sent = msgspec.json.decode(call.body)
    found = [f"{name}: differs" for name, value in asked.items() if name not in _OURS and sent.get(name) != value]
    if sent["messages"] != asked["messages"]:
        found.append("messages: differ")
    return found


def _parts(message: JsonObject) -> Iterator[tuple[str, Any]]:
    """Everything of a message that another upstream understands, as pairs of kind and content."""
    for block in _blocks(message.get("content")):
        match block.get("type"):
            case "text":
                yield "text", block["text"]
            case "tool_use":
                yield "call", (block["id"], block["name"], block["input"])
            case "tool_result":
                yield "result", block["tool_use_id"]


def _told(item: JsonObject) -> Iterator[tuple[str, Any]]:
    match item["type"]:
        case "message":
            for part in item["content"]:
                if "text" in part:
                    yield "text", part["text"]
        case "function_call":
            yield "call", (item["call_id"], item["name"], msgspec.json.decode(item["arguments"]))
        case "function_call_output":
            yield "result", item["call_id"]


def _blocks(content: Any) -> list[JsonObject]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []
