"""What a Responses request loses on its way to the Codex backend: nothing but a documented list of edits.

Rules of this file: a client of the Codex family owns its items, so they arrive as it wrote them; for others the edits
below are made to the expected items here, independently of the codec, and everything else must be equal.
"""

from typing import Any, Protocol

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import ModelFacts, Target
from codex_proxy.protocols.base import UpstreamCall
from scripts.stand_in import stand_in_target

_REPLACED = frozenset({"client_metadata", "prompt_cache_key"})  # our ids instead of the client's
_SET = {"store": False, "stream": True}  # the backend streams and stores nothing
_NOT_SENT = frozenset({"id", "status", "prompt_cache_breakpoint", "cache_control"})  # ids of items nobody stored
_KNOWN = frozenset({"message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"})
_TEXT_OF = {"assistant": "output_text"}


class Building(Protocol):
    """The verb of ``ClientCodec`` that builds a call."""

    def build_call(self, request: Request, target: Target) -> UpstreamCall: ...


def build(client: Building, request: Request) -> UpstreamCall:
    """The call to the Codex backend; the gateway's own choices (tier, effort) are the client's.

    Raises:
        Unsupported: a member cannot be said and must not be dropped.
    """
    target = stand_in_target(
        ModelFacts(slug=request.model), effort=request.reasoning.effort, service_tier=request.service_tier
    )
    return client.build_call(request, target)


def losses(asked: JsonObject, request: Request, call: UpstreamCall) -> list[str]:
    """What the built body says otherwise than the client's, documented edits apart."""
    sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
    codex = request.is_codex_client
    expected = [item if codex else _edited(item) for item in _items(asked.get("input"))]
    found = _item_losses([item for item in expected if item is not None], sent.get("input"))
    return [*found, *(_member_losses(asked, sent) if codex else _tool_losses(asked, sent))]


def _items(value: object) -> list[Any]:
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    return value if isinstance(value, list) else []


def _edited(item: Any) -> Any:
    """The item with the documented edits; None where it is not sent."""
    if not isinstance(item, dict):
        return item
    kind = item.get("type") or "message"
    if kind == "reasoning":
        if not item.get("encrypted_content"):
            return None  # the backend cannot resolve it
        kept = _NOT_SENT - ({"id"} if str(item.get("id", "")).startswith("rs_") else set())
        return {name: value for name, value in item.items() if name not in kept and value is not None}
    known = kind in _KNOWN  # what an unknown item means by null is its own matter
    edited = {name: value for name, value in item.items() if name not in _NOT_SENT and not (known and value is None)}
    if kind != "message":
        return edited
    role = "developer" if edited.get("role") == "system" else edited.get("role")  # the backend refuses system items
    content = edited.get("content")
    if isinstance(content, str):
        content = [{"type": _TEXT_OF.get(str(role), "input_text"), "text": content}]
    return edited | {"type": "message", "role": role, "content": content}


def _item_losses(expected: list[Any], sent: object) -> list[str]:
    items = sent if isinstance(sent, list) else []
    found = [] if len(items) == len(expected) else [f"items: expected {len(expected)}, sent {len(items)}"]
    for index, (left, right) in enumerate(zip(expected, items, strict=False)):
        if left != right:
            found.append(f"input[{index}] ({_kind(left)}): {_difference(left, right)}")
    return found


def _member_losses(asked: JsonObject, sent: JsonObject) -> list[str]:
    """Top-level members of a Codex client."""
    found = []
    for name, value in asked.items():
        if name in _REPLACED or name == "input" or (name in _SET and sent.get(name) == _SET[name]):
            continue
        if name == "include" and set(value or ()) <= set(sent.get("include") or ()):
            continue
        if sent.get(name) != value:
            found.append(f"{name}: {_difference(value, sent.get(name))}")
    return found


def _tool_losses(asked: JsonObject, sent: JsonObject) -> list[str]:
    """Tools and instructions of any other client."""
    tools, offered = asked.get("tools") or [], sent.get("tools") or []
    found = [] if tools == offered else [f"tools: {_difference(tools, offered)}"]
    if asked.get("instructions") and asked["instructions"] != sent.get("instructions"):
        found.append(f"instructions: {_difference(asked['instructions'], sent.get('instructions'))}")
    return found


def _kind(item: Any) -> str:
    return str(item.get("type")) if isinstance(item, dict) else type(item).__name__


def _difference(expected: Any, got: Any, place: str = "") -> str:
    """The first place where two JSON values part."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            if expected.get(name, _difference) != got.get(name, _difference):
                return _difference(expected.get(name, "(absent)"), got.get(name, "(absent)"), f"{place}.{name}")
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (left, right) in enumerate(zip(expected, got, strict=True)):
            if left != right:
                return _difference(left, right, f"{place}[{index}]")
    return f"{place} expected {repr(expected)[:120]}, sent {repr(got)[:120]}".strip()
