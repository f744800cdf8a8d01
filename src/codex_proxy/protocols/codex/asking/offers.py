"""Tools as the Codex backend takes them, beside what its whole family wants.

Rules of this file: clients of the Responses dialect keep their own form; only those of the Codex family keep members
that nobody here knows, and settings that the backend refuses.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.tools import CustomTool, FunctionTool, HostedTool, NamespaceTool, Tool
from codex_proxy.protocols.openai_responses.asking.offers import offered_function, offered_once
from codex_proxy.protocols.parts.names import NameMap

_IMAGE_MODEL: Final = "gpt-image-2"
_IMAGE_SETTINGS_REFUSED: Final = frozenset(
    {"n", "mask", "input_fidelity", "input_image", "input_image_mask", "style", "response_format"}
)


def offered_tools(request: Request, names: NameMap) -> tuple[tuple[Tool, ...], tuple[Note, ...]]:
    """The tools to offer, and what was changed about them."""
    return offered_once(request.tools, lambda tool, notes: _offered(tool, request, names, notes))


def _offered(tool: Tool, request: Request, names: NameMap, notes: list[Note]) -> Tool:
    match tool:
        case FunctionTool() if request.dialect is not Dialect.OPENAI_RESPONSES:
            return offered_function(tool, names, notes)
        case FunctionTool():
            extra = tool.extra if request.is_codex_client else {}
            return msgspec.structs.replace(tool, name=names.upstream(tool.name), extra=extra)
        case CustomTool():
            extra = tool.extra if request.is_codex_client else {}
            return msgspec.structs.replace(tool, name=names.upstream(tool.name), extra=extra)
        case HostedTool(kind="image_generation") if not request.is_codex_client:
            return _offered_image_tool(tool, notes)
        case HostedTool() | NamespaceTool():
            return tool


def _offered_image_tool(tool: HostedTool, notes: list[Note]) -> HostedTool:
    refused = _IMAGE_SETTINGS_REFUSED & tool.settings.keys()
    notes.extend(
        Note(path=f"tools.image_generation.{name}", verdict=Verdict.DROPPED, weight=Weight.LOSSY)
        for name in sorted(refused)
    )
    kept = {name: value for name, value in tool.settings.items() if name not in refused}
    if not str(kept.get("model") or _IMAGE_MODEL).startswith(_IMAGE_MODEL):
        detail = f"{_IMAGE_MODEL} makes every picture"
        notes.append(Note(path="tools.image_generation.model", verdict=Verdict.APPROXIMATED, detail=detail))
        kept["model"] = _IMAGE_MODEL
    return HostedTool(kind=tool.kind, settings=kept)
