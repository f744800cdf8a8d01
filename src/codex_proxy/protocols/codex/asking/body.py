"""The body of ``POST /codex/responses``, built from an allow-list in the real client's key order.

Rules of this file: nothing of the client's top level passes unless it is named here, except for clients of the Codex
family; fields the backend refused before (``learned_rejects``) stay out.  Source: captures of Codex CLI 0.169.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import ChoiceMode, ChooseMode, NamespaceTool, Tool
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.codex.asking.identity import client_metadata
from codex_proxy.protocols.codex.asking.lite import LiteContext, lite_form, lite_offer
from codex_proxy.protocols.codex.asking.offers import offered_tools
from codex_proxy.protocols.codex.asking.prompt import headed, joined, placed_prompt
from codex_proxy.protocols.openai_responses.asking.history import History
from codex_proxy.protocols.openai_responses.asking.members import (
    ENCRYPTED_REASONING,
    AskedForm,
    asked_form,
)
from codex_proxy.protocols.openai_responses.asking.offers import chosen_tool, client_names
from codex_proxy.protocols.openai_responses.request.items import build_items
from codex_proxy.protocols.openai_responses.request.tools import build_choice, build_tool
from codex_proxy.protocols.parts.asking.nested import put_back
from codex_proxy.protocols.parts.asking.refused import without_refused
from codex_proxy.protocols.parts.asking.unsaid import unknown_members
from codex_proxy.protocols.parts.efforts import clamp_effort, unknown_effort
from codex_proxy.protocols.parts.names import NameMap

INCLUDES: Final = frozenset({ENCRYPTED_REASONING, "web_search_call.action.sources"})
TIERS: Final = {"fast": "priority", "priority": "priority", "ultrafast": "priority", "flex": "flex"}
VERBOSITIES: Final = frozenset({"low", "medium", "high"})
NOT_TAKEN: Final = frozenset(
    {
        "stream_options",
        "max_tool_calls",
        "truncation",
        "context_management",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "moderation",
        "background_options",
        "store",
    }
)
"""Members of the dialect that the backend refuses, whoever sends them; none changes the answer's content."""


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
    history = History(request, names, keeps_items=codex, drop_reasoning=target.drop_reasoning)
    tools, tool_notes = offered_tools(request, names)
    choice = chosen_tool(request, names) if tools else None
    if target.force_lite:
        offer = lite_offer(tools, choice)
        tools, choice, tool_notes = offer.tools, offer.choice, tool_notes + offer.notes
    form = asked_form(request.output, request.dialect)
    tier = TIERS.get((target.service_tier or "").lower())
    lite = _is_lite(request, target)
    lost: tuple[Note, ...] = ()
    if target.force_lite:
        said, lost = _in_lite_form(request, target, history, tools)
    else:
        said = _in_classic_form(request, target, history, tools)
    members: JsonObject = {"model": target.model.slug, "stream": True} | said
    members["tool_choice"] = build_choice(choice or ChooseMode(mode=ChoiceMode.AUTO))
    members |= _parallel(request, lite=lite, has_tools=bool(tools))
    members |= _reasoning(request, target, lite=lite)
    members |= {"store": False, "include": _include(request)}
    if tier is not None:
        members["service_tier"] = tier
    members["prompt_cache_key"] = target.identity.session_id
    members |= _text(request, target, form)
    members["client_metadata"] = client_metadata(target, request.session.codex)
    if codex:
        members = put_back(members, {name: value for name, value in request.extra.items() if name not in NOT_TAKEN})
    members, rejects = without_refused(members, target.learned_rejects)
    return Body(
        members=members,
        context=(LiteContext if target.force_lite else CallContext)(
            model=target.model.slug,
            tool_names=names.back(),
            call_ids=history.call_ids,
            unwrap_key=form.unwrap_key,
            loose_schema=form.loose_schema,
        ),
        notes=(*history.notes, *tool_notes, *lost, *form.notes, *dropped_notes(request, target), *rejects),
        lite=lite,
        tier=tier,
    )


def dropped_notes(request: Request, target: Target) -> tuple[Note, ...]:
    """What the backend has no field or word for."""
    sampling = [name for name, value in msgspec.structs.asdict(request.sampling).items() if value is not None]
    dropped = [name for name in sampling if name != "stop"]  # the gateway sees to stop strings itself
    if request.is_codex_client:
        dropped += [name for name, value in request.extra.items() if name in NOT_TAKEN and value]
    dropped += ["metadata"] if request.metadata else []
    if request.session.user:
        dropped.append("metadata.user_id" if request.dialect is Dialect.ANTHROPIC else "user")
    notes = [Note(path=name, verdict=Verdict.DROPPED) for name in dropped]
    if not request.is_codex_client:
        notes += unknown_members(_left_out_of(request))
    if target.effort and not request.is_codex_client and clamp_effort(target.effort, target.model.efforts) is None:
        notes.append(unknown_effort(target.effort, "reasoning.effort"))
    return tuple(notes)


def _left_out_of(request: Request) -> Request:
    """The request without what goes whole, groups of tools, and without refused members that say nothing."""
    tools = tuple(tool for tool in request.tools if not isinstance(tool, NamespaceTool))
    extra = {name: value for name, value in request.extra.items() if value or name not in NOT_TAKEN}
    return msgspec.structs.replace(request, tools=tools, extra=extra)


def _is_lite(request: Request, target: Target) -> bool:
    codex = request.session.codex
    return target.force_lite or (codex is not None and (target.model.lite or codex.lite))


def _in_classic_form(request: Request, target: Target, history: History, tools: tuple[Tool, ...]) -> JsonObject:
    said: JsonObject = {}
    prompt = placed_prompt(request, target, history.instructions)
    if prompt.instructions is not None:
        said["instructions"] = prompt.instructions
    said["input"] = headed(list(build_items(history.turns)), prompt.developer)
    if tools:
        said["tools"] = [build_tool(tool) for tool in tools]
    return said


def _in_lite_form(
    request: Request, target: Target, history: History, tools: tuple[Tool, ...]
) -> tuple[JsonObject, tuple[Note, ...]]:
    prompt = placed_prompt(request, target, history.instructions)
    form = lite_form(
        list(build_items(history.turns)),
        [build_tool(tool) for tool in tools],
        joined(prompt.instructions or "", prompt.developer),
        turn_id=target.identity.turn_id,
    )
    return {"input": form.items}, form.notes


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


def _text(request: Request, target: Target, form: AskedForm) -> JsonObject:
    made: JsonObject = {}
    if request.verbosity in VERBOSITIES and (target.model.supports_verbosity or request.is_codex_client):
        made["verbosity"] = request.verbosity
    if form.wire is not None:
        made["format"] = form.wire
    return {"text": made} if made else {}
