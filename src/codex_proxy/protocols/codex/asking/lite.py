"""The lite form of a request: instructions and tools are the first items of the input.

Rules of this file: a client that is no Codex client gets this form only where the backend refused the classic one.  It
carries tools that the client runs and pictures without a wanted detail, nothing else of either; what it cannot carry is
noted.  Source: captures of Codex CLI 0.169; refusals of the backend quoted in public reports.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.tools import ChooseHosted, HostedTool, Tool, ToolChoice
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.codex.asking.prompt import developer_message

GROUP: Final = "functions"
"""The group around tools that have none of their own, as the real client names it."""

_GROUPED: Final = frozenset({"function", "custom"})
_RUN_BY_CLIENT: Final = frozenset({"tool_search"})
_NOT_RUN: Final = "the model runs no hosted tools"


class LiteContext(CallContext, frozen=True, kw_only=True):
    """The context of a call in this form; the answer's calls lose the group that their tools were put in."""


class LiteOffer(msgspec.Struct, frozen=True, kw_only=True):
    """The tools and the choice among them that can be offered, and what was lost."""

    tools: tuple[Tool, ...]
    choice: ToolChoice | None
    notes: tuple[Note, ...]


class LiteForm(msgspec.Struct, frozen=True, kw_only=True):
    """The items to send, and what was lost."""

    items: list[JsonObject]
    notes: tuple[Note, ...]


def lite_offer(tools: Sequence[Tool], choice: ToolChoice | None) -> LiteOffer:
    """What of the tools and the choice this form can carry."""
    left_out = [tool.kind for tool in tools if isinstance(tool, HostedTool) and tool.kind not in _RUN_BY_CLIENT]
    lost = [f"tools.{kind}" for kind in left_out]
    if isinstance(choice, ChooseHosted) and choice.kind in left_out:
        choice = None
        lost.append("tool_choice")
    return LiteOffer(
        tools=tuple(tool for tool in tools if not isinstance(tool, HostedTool) or tool.kind not in left_out),
        choice=choice,
        notes=tuple(Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=_NOT_RUN) for path in lost),
    )


def lite_form(items: Sequence[JsonObject], tools: Sequence[JsonObject], instructions: str, *, turn_id: str) -> LiteForm:
    """The input in this form; ``tools`` are in wire form, ``turn_id`` names their item."""
    leading: list[JsonObject] = []
    if tools:
        offered = _grouped(tools)
        leading.append({"type": "additional_tools", "id": f"at_{turn_id}", "role": "developer", "tools": offered})
    if instructions:
        leading.append(developer_message(instructions))
    kept = [_without_detail(item) for item in items]
    changed = kept != list(items)
    note = Note(path="detail", verdict=Verdict.DROPPED, detail="the model takes pictures without it")
    return LiteForm(items=leading + kept, notes=(note,) if changed else ())


def _grouped(tools: Sequence[JsonObject]) -> list[JsonObject]:
    ours = [tool for tool in tools if tool["type"] in _GROUPED]
    beside = [tool for tool in tools if tool["type"] not in _GROUPED]
    return [{"type": "namespace", "name": GROUP, "description": "", "tools": ours}, *beside] if ours else beside


def _without_detail(item: JsonObject) -> JsonObject:
    parts = {name: item[name] for name in ("content", "output") if isinstance(item.get(name), list)}
    return item | {name: [_plain_picture(part) for part in listed] for name, listed in parts.items()}


def _plain_picture(part: JsonObject) -> JsonObject:
    if part.get("type") != "input_image":
        return part
    return {name: value for name, value in part.items() if name != "detail"}
