"""The body of ``POST /codex/responses``, built from an allow-list in the real client's key order.

Rules of this file: nothing of the client's top level passes unless it is named here, except for clients of the Codex
family; fields the backend refused before (``learned_rejects``) stay out.  Source: captures of Codex CLI 0.169.
"""

import re
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Dialect, JsonOutput, Request, SchemaOutput
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import ChoiceMode, ChooseMode
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.codex.asking.history import History
from codex_proxy.protocols.codex.asking.identity import client_metadata
from codex_proxy.protocols.codex.asking.offers import chosen_tool, client_names, offered_tools
from codex_proxy.protocols.openai_responses.request.items import build_items
from codex_proxy.protocols.openai_responses.request.tools import build_choice, build_tool
from codex_proxy.protocols.parts.efforts import clamp_effort
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.schemas import normalise_schema

ENCRYPTED_REASONING: Final = "reasoning.encrypted_content"
INCLUDES: Final = frozenset({ENCRYPTED_REASONING, "web_search_call.action.sources"})
TIERS: Final = {"fast": "priority", "priority": "priority", "ultrafast": "priority", "flex": "flex"}
VERBOSITIES: Final = frozenset({"low", "medium", "high"})
_SCHEMA_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A built body, what must be undone in the answer, and what was lost."""

    members: JsonObject
    context: CallContext
    notes: tuple[Note, ...]
    lite: bool
    tier: str | None


def build_body(request: Request, target: Target) -> Body:
    """The body for this request and target.

    Raises:
        Unsupported: a member cannot be said and must not be dropped.
    """
    codex = request.is_codex_client
    names = NameMap(() if codex else client_names(request))
    history = History(request, names, drop_reasoning=target.drop_reasoning)
    tools, tool_notes = offered_tools(request, names)
    choice = chosen_tool(request, names) if tools else None
    lite = target.force_lite or (
        codex and (target.model.lite or bool(request.session.codex and request.session.codex.lite))
    )
    tier = TIERS.get((target.service_tier or "").lower())
    items = list(build_items(history.turns))
    wire_tools = [build_tool(tool) for tool in tools]
    members: JsonObject = {"model": target.model.slug, "stream": True}
    if target.force_lite:
        items = _lite_items(items, wire_tools, history.instructions, target)
        wire_tools = []
    elif not codex or history.instructions is not None:
        members["instructions"] = history.instructions or target.default_instructions
    members["input"] = items
    if wire_tools:
        members["tools"] = wire_tools
    members["tool_choice"] = build_choice(choice or ChooseMode(mode=ChoiceMode.AUTO))
    members |= _parallel(request, lite=lite, has_tools=bool(wire_tools))
    members |= _reasoning(request, target, lite=lite)
    members |= {"store": False, "include": _include(request)}
    if tier is not None:
        members["service_tier"] = tier
    members["prompt_cache_key"] = target.identity.session_id
    members |= _text(request, target)
    members["client_metadata"] = client_metadata(target, request.session.codex)
    if codex:
        members = request.extra | members
    return Body(
        members=_without_rejected(members, target.learned_rejects),
        context=CallContext(model=target.model.slug, tool_names=names.back(), call_ids=history.call_ids),
        notes=(*history.notes, *tool_notes, *dropped_notes(request)),
        lite=lite,
        tier=tier,
    )


def dropped_notes(request: Request) -> tuple[Note, ...]:
    """What the backend has no field for."""
    sampling = [name for name, value in msgspec.structs.asdict(request.sampling).items() if value not in {None, ()}]
    dropped = [name for name in sampling if name != "stop"]
    if not request.is_codex_client:
        dropped += [*request.extra]
    return tuple(Note(path=name, verdict=Verdict.DROPPED) for name in dropped)


def _parallel(request: Request, *, lite: bool, has_tools: bool) -> JsonObject:
    if lite:
        return {"parallel_tool_calls": False}
    if not has_tools and not request.is_codex_client:
        return {}
    wanted = request.parallel_tool_calls
    return {"parallel_tool_calls": True if wanted is None else wanted}


def _reasoning(request: Request, target: Target, *, lite: bool) -> JsonObject:
    wanted = request.reasoning
    made: JsonObject = {}
    effort = target.effort or wanted.effort
    clamped = clamp_effort(effort, target.model.efforts) if effort else None
    if effort and request.is_codex_client and clamped is None:
        clamped = effort
    if clamped is not None:
        made["effort"] = clamped
    summary = wanted.summary
    if summary is None and request.dialect is not Dialect.OPENAI_RESPONSES and wanted.visible is not False:
        summary = "auto" if target.model.efforts else None  # without it the model shows no thoughts
    if summary is not None and summary != "none":
        made["summary"] = summary
    made |= wanted.extra if request.is_codex_client else {}
    if lite:
        made.setdefault("context", "all_turns")
    return {"reasoning": made} if made else {}


def _include(request: Request) -> list[str]:
    wanted = request.include if request.is_codex_client else tuple(word for word in request.include if word in INCLUDES)
    return list(dict.fromkeys((ENCRYPTED_REASONING, *wanted)))


def _text(request: Request, target: Target) -> JsonObject:
    made: JsonObject = {}
    if request.verbosity in VERBOSITIES and (target.model.supports_verbosity or request.is_codex_client):
        made["verbosity"] = request.verbosity
    output = request.output
    if isinstance(output, JsonOutput):
        made["format"] = {"type": "json_object"}
    elif isinstance(output, SchemaOutput):
        made["format"] = _format(output, native=request.dialect is Dialect.OPENAI_RESPONSES)
    return {"text": made} if made else {}


def _format(output: SchemaOutput, *, native: bool) -> JsonObject:
    made: JsonObject = {"type": "json_schema"}
    if output.description is not None:
        made["description"] = output.description
    if output.strict is not None or not native:
        made["strict"] = bool(output.strict)
    made["schema"] = output.schema if native else normalise_schema(output.schema)
    made["name"] = _SCHEMA_NAME.sub("_", output.name)[:64] or "output"
    return made


def _lite_items(
    items: list[JsonObject], tools: list[JsonObject], instructions: str | None, target: Target
) -> list[JsonObject]:
    """The lite form: tools and instructions are the first items of the input."""
    leading: list[JsonObject] = []
    if tools:
        group = {"type": "namespace", "name": "functions", "description": "The client's tools.", "tools": tools}
        item_id = f"at_{target.identity.turn_id}"
        leading.append({"type": "additional_tools", "id": item_id, "role": "developer", "tools": [group]})
    text = instructions or target.default_instructions
    if text:
        content = [{"type": "input_text", "text": text}]
        leading.append({"type": "message", "role": "developer", "content": content})
    return leading + items


def _without_rejected(members: JsonObject, rejected: frozenset[str]) -> JsonObject:
    kept = {name: value for name, value in members.items() if name not in rejected}
    for path in rejected:
        outer, _, inner = path.partition(".")
        if inner and isinstance(kept.get(outer), dict):
            kept[outer] = {name: value for name, value in kept[outer].items() if name != inner}
    return kept
