"""The body of ``POST /responses`` for a vendor.

Rules of this file: what a client of this dialect wrote passes as it is, its unknown members included; requests of other
dialects are said in this one, and what it has no word for is noted.  Answers are kept only if the client asks for it.
Source: OpenAI API reference, responses.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Dialect, Request, Role
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_responses.asking.disguise import disguised_turns
from codex_proxy.protocols.openai_responses.asking.history import History
from codex_proxy.protocols.openai_responses.asking.members import ENCRYPTED_REASONING, asked_form
from codex_proxy.protocols.openai_responses.asking.offers import client_names
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.asking.tools import vendor_offer
from codex_proxy.protocols.openai_responses.request.items import ROLE_WORDS, build_items
from codex_proxy.protocols.parts.asking.nested import put_back
from codex_proxy.protocols.parts.asking.refused import NOT_TAKEN, without_refused
from codex_proxy.protocols.parts.asking.unsaid import NO_MEANING, unknown_members, unsaid
from codex_proxy.protocols.parts.efforts import clamp_effort, unknown_effort
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.openai.asking import TIER_WORDS

_OPENAI: Final = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES})
_UNSAYABLE: Final = ("top_k", "presence_penalty", "frequency_penalty", "seed", "logit_bias", "choice_count")
_OWN_ROLES: Final[Mapping[Role, str]] = {**ROLE_WORDS, Role.SYSTEM: "system"}
_SYSTEM_ROLES: Final[Mapping[Role, str]] = {**_OWN_ROLES, Role.DEVELOPER: "system"}


class VendorBody(msgspec.Struct, frozen=True, kw_only=True):
    """A built body, what must be undone in the answer, and what was lost."""

    members: JsonObject
    context: CallContext
    notes: tuple[Note, ...]


def build_vendor_body(request: Request, target: Target, profile: ResponsesProfile) -> VendorBody:
    """The body for this request, target and vendor.

    Raises:
        Unsupported: a member cannot be said and must not be dropped.
    """
    native = _is_native(request)
    names = NameMap(() if native else client_names(request))
    history = History(
        request,
        names,
        keeps_items=native,
        drop_reasoning=target.drop_reasoning,
        knows_files=request.dialect in _OPENAI,
    )
    offer = vendor_offer(request, names, profile)
    turns = history.turns if profile.custom_tools else disguised_turns(history.turns)
    members: JsonObject = {"model": target.model.slug}
    instructions = history.instructions or target.default_instructions
    if instructions or profile.needs_instructions:
        members["instructions"] = instructions
    members["input"] = list(build_items(turns, roles=_roles(profile)))
    limit, limit_notes = _limit(request, profile)
    members |= offer.members | _reasoning(request, target, profile) | _sampling(request) | limit
    form = asked_form(request.output, request.dialect)
    members |= _text(request, form.wire) | _answer_members(request, target, profile)
    if native:
        members = put_back(members, request.extra)
    members = profile.sends | members
    members, refusals = without_refused(members, _refused(members, profile), NOT_TAKEN)
    members, rejects = without_refused(members, target.learned_rejects)
    return VendorBody(
        members=members,
        context=CallContext(
            model=target.model.slug,
            tool_names=names.back(),
            call_ids=history.call_ids,
            custom_tools=offer.disguised,
            unwrap_key=form.unwrap_key,
            loose_schema=form.loose_schema,
        ),
        notes=(*history.notes, *offer.notes, *form.notes, *limit_notes, *_unsaid(request, target), *refusals, *rejects),
    )


def _is_native(request: Request) -> bool:
    return request.dialect is Dialect.OPENAI_RESPONSES


def _roles(profile: ResponsesProfile) -> Mapping[Role, str]:
    if not profile.system_role:
        return ROLE_WORDS
    return _OWN_ROLES if profile.developer_role else _SYSTEM_ROLES


def _refused(members: JsonObject, profile: ResponsesProfile) -> tuple[str, ...]:
    said = members.get("reasoning")
    effort = said.get("effort") if isinstance(said, dict) else None
    thinks = profile.thinks if effort is None else effort != "none"
    return (*profile.refuses, *(profile.refuses_thinking if thinks else ()))


def _limit(request: Request, profile: ResponsesProfile) -> tuple[JsonObject, tuple[Note, ...]]:
    """The output limit, which some vendors refuse to have too low."""
    wanted, least = request.sampling.max_tokens, profile.least_output_tokens
    if wanted is None or least is None or wanted >= least:
        return ({} if wanted is None else {"max_output_tokens": wanted}), ()
    note = Note(path="max_output_tokens", verdict=Verdict.APPROXIMATED, detail=f"the vendor's lowest is {least}")
    return {"max_output_tokens": least}, (note,)


def _reasoning(request: Request, target: Target, profile: ResponsesProfile) -> JsonObject:
    wanted, native = request.reasoning, _is_native(request)
    effort = target.effort or wanted.effort
    if effort is not None and not native:
        effort = clamp_effort(effort, target.model.efforts)
    summary = wanted.summary
    if summary is None and not native and wanted.visible is not False and _thinks(target, profile):
        summary = "auto" if target.model.supports_summary else None  # without it the model shows no thoughts
    told = {"effort": effort, "summary": summary}
    made = {name: value for name, value in told.items() if value is not None}
    made |= wanted.extra if native else {}
    return {"reasoning": made} if made else {}


def _sampling(request: Request) -> JsonObject:
    sampling = request.sampling
    told = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_logprobs": sampling.top_logprobs if _is_native(request) else None,  # nobody else is told them
    }
    return {name: value for name, value in told.items() if value is not None}


def _text(request: Request, form: JsonObject | None) -> JsonObject:
    told = {"format": form, "verbosity": request.verbosity}
    text = {name: value for name, value in told.items() if value is not None}
    return {"text": text} if text else {}


def _answer_members(request: Request, target: Target, profile: ResponsesProfile) -> JsonObject:
    """How the answer is to come, what it belongs to, and whatever else a client of this dialect said."""
    stores = request.extra.get("store") is True and _is_native(request)
    include = _include(request, target, profile, stores=stores)
    told: JsonObject = {
        "service_tier": TIER_WORDS.get(target.service_tier or "", target.service_tier),
        "previous_response_id": request.previous_response_id,
        "include": include or None,
        "stream": True if request.stream or profile.streams_only else None,
    }
    if request.dialect in _OPENAI:
        told |= {
            "metadata": request.metadata or None,
            "user": request.session.user,
            "prompt_cache_key": request.session.prompt_cache_key,
        }
    if profile.cache_key:
        told["prompt_cache_key"] = request.session.prompt_cache_key or target.identity.session_id or None
    return {name: value for name, value in told.items() if value is not None} | {"store": stores}


def _include(request: Request, target: Target, profile: ResponsesProfile, *, stores: bool) -> list[str]:
    wanted = list(dict.fromkeys(request.include))
    asks = profile.encrypted_reasoning and not stores and not _is_native(request) and _thinks(target, profile)
    return [*wanted, ENCRYPTED_REASONING] if asks and ENCRYPTED_REASONING not in wanted else wanted


def _thinks(target: Target, profile: ResponsesProfile) -> bool:
    """Whether the model is known to reason; another one refuses to be asked for its reasoning."""
    return profile.thinks or bool(target.model.efforts) or target.effort is not None


def _unsaid(request: Request, target: Target) -> list[Note]:
    dropped = [name for name in _UNSAYABLE if getattr(request.sampling, name) is not None]
    notes = [Note(path=name, verdict=Verdict.DROPPED, detail=NO_MEANING) for name in dropped]
    if request.dialect not in _OPENAI:
        notes += unsaid(request, "metadata", "user")
    if not _is_native(request):
        notes += [*unknown_members(request), *unsaid(request, "top_logprobs")]
    effort = target.effort
    if effort is not None and not _is_native(request) and clamp_effort(effort, target.model.efforts) is None:
        notes.append(unknown_effort(effort, "reasoning.effort"))
    return notes
