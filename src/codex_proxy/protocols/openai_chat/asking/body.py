"""The body of a vendor's chat request.

Rules of this file: everything the client said that the vendor can take is sent, sampling included; what it cannot take
is left out with a note, or said in words.  Source: OpenAI API reference, chat completions.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject, Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, JsonOutput, Request, SchemaOutput, TextOutput
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_chat.asking.messages import Telling, write_messages
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.asking.thinking import plan_thinking
from codex_proxy.protocols.openai_chat.asking.tools import free_text_names, offer_tools, used_names
from codex_proxy.protocols.parts.answers.closing import AskedSchema, asked_schema
from codex_proxy.protocols.parts.asking.nested import kept_within, put_back
from codex_proxy.protocols.parts.asking.refused import NOT_TAKEN, without_refused
from codex_proxy.protocols.parts.asking.unsaid import unknown_members, unsaid, unsaid_in_turns
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.openai.asking import TIER_WORDS

_SAMPLING: Final = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "logit_bias",
)
_PROBABILITIES: Final = ("logprobs", "top_logprobs")
_UNSAYABLE: Final = ("verbosity", "metadata", "user", "prompt_cache_key", "reasoning.summary", "top_logprobs")
_SET_BY_US: Final = frozenset({"model", "messages", "stream", "stream_options", "input"})
_ASK_FOR_JSON: Final = "Answer with a JSON object and nothing else."


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A built body, what must be undone in the answer, and what was lost."""

    members: JsonObject
    context: CallContext
    notes: tuple[Note, ...]


class _Form(msgspec.Struct, frozen=True, kw_only=True):
    """The wanted form of the answer: as a member, in words, or both."""

    wire: JsonObject | None = None
    wish: str | None = None
    asked: AskedSchema | None = None
    notes: tuple[Note, ...] = ()


def build_body(request: Request, target: Target, profile: ChatProfile) -> Body:
    """The body for this request and target.

    Raises:
        Unsupported: a block holds content that the vendor cannot read.
    """
    own = request.dialect is Dialect.OPENAI_CHAT
    names = NameMap(() if own else used_names(request))
    rename = str if own else names.upstream
    form = _form(request, profile)
    thinking = plan_thinking(request, target, profile)
    telling = Telling(rename=rename, thinks=thinking.on, drop_reasoning=target.drop_reasoning, wish=form.wish)
    messages, notes = write_messages(request, profile, telling)
    offer = offer_tools(request, profile, rename, thinks=thinking.on)
    members: JsonObject = {"model": target.model.slug, "messages": messages}
    if request.stream:
        members |= {"stream": True} | ({"stream_options": {"include_usage": True}} if profile.stream_options else {})
    members |= offer.members
    if form.wire is not None:
        members["response_format"] = form.wire
    members |= _sampling(request, profile, notes, own=own) | thinking.members
    for more in (_rest(request, target, profile, notes), profile.sends):
        members = put_back(members, more)
    refused = (*profile.refuses, *(profile.refuses_thinking if thinking.on else ()))
    members, refusals = without_refused(members, refused, NOT_TAKEN)
    members, rejects = without_refused(members, target.learned_rejects)
    return Body(
        members={profile.renames.get(name, name): value for name, value in members.items()},
        context=CallContext(
            model=target.model.slug,
            tool_names=names.back(),
            custom_tools=frozenset() if profile.custom_tools else free_text_names(request),
            unwrap_key=form.asked.unwrap_key if form.asked else None,
            loose_schema=form.asked.loose if form.asked else None,
        ),
        notes=(*notes, *offer.notes, *form.notes, *thinking.notes, *refusals, *rejects),
    )


def _form(request: Request, profile: ChatProfile) -> _Form:
    match request.output:
        case None | TextOutput():
            return _Form()
        case JsonOutput() if not profile.json_object:
            return _Form(wish=_ASK_FOR_JSON, notes=(_emulated("JSON is asked for in words"),))
        case JsonOutput():
            wish = None if _mentions_json(request) else _ASK_FOR_JSON  # many vendors want the word beside the wish
            notes = (_emulated("a message asks for JSON"),) if wish else ()
            return _Form(wire={"type": "json_object"}, wish=wish, notes=notes)
        case SchemaOutput() as wanted if not profile.json_schema:
            wire = {"type": "json_object"} if profile.json_object else None
            wish = f"{_ASK_FOR_JSON} It must fit this JSON Schema:\n{encode(wanted.schema).decode()}"
            return _Form(wire=wire, wish=wish, notes=(_unschemed(),))
        case SchemaOutput() as wanted:
            asked = _asked_schema(wanted, request.dialect, profile)
            schema = {"type": "json_schema", "json_schema": _schema(wanted, asked, profile)}
            return _Form(wire=schema, asked=asked, notes=asked.notes if asked else ())


def _asked_schema(output: SchemaOutput, dialect: Dialect, profile: ChatProfile) -> AskedSchema | None:
    """A schema of another dialect's client as it is asked for here; clients of this one keep theirs."""
    if dialect is Dialect.OPENAI_CHAT:
        return None
    wanted = output if profile.strict else msgspec.structs.replace(output, strict=False)
    return asked_schema(wanted, dialect, "response_format")


def _schema(wanted: SchemaOutput, asked: AskedSchema | None, profile: ChatProfile) -> JsonObject:
    schema: JsonObject = {"name": wanted.name, "schema": asked.schema if asked else wanted.schema}
    if wanted.description is not None:
        schema["description"] = wanted.description
    strict = asked.strict if asked else wanted.strict
    if strict is not None and profile.strict:
        schema["strict"] = strict
    return schema


def _mentions_json(request: Request) -> bool:
    texts = [block.text for turn in request.turns for block in turn.blocks if isinstance(block, Text)]
    return any("json" in text.lower() for text in (request.instructions or "", *texts))


def _sampling(request: Request, profile: ChatProfile, notes: list[Note], *, own: bool) -> JsonObject:
    """How tokens are drawn; clients of other dialects are told no probabilities, so none are asked for."""
    sampling = request.sampling
    told = {name: getattr(sampling, name) for name in (*_SAMPLING, *(_PROBABILITIES if own else ()))}
    made: JsonObject = {name: value for name, value in told.items() if value is not None}
    highest = profile.max_temperature
    if highest is not None and made.get("temperature", 0) > highest:
        detail = f"the vendor's highest is {highest:g}"
        notes.append(Note(path="temperature", verdict=Verdict.APPROXIMATED, detail=detail))
        made["temperature"] = highest
    if sampling.max_tokens is not None:
        made[profile.max_tokens_field] = sampling.max_tokens
    if sampling.stop:
        made["stop"] = list(sampling.stop)
    return made


def _rest(request: Request, target: Target, profile: ChatProfile, notes: list[Note]) -> JsonObject:
    """Tier, verbosity and, for clients of this dialect, every field we have no meaning for."""
    tier = target.service_tier or request.service_tier
    own = request.dialect is Dialect.OPENAI_CHAT
    made: JsonObject = {}
    if tier is not None:
        made["service_tier"] = tier if own and tier == request.service_tier else TIER_WORDS.get(tier, tier)
    if not own:
        notes += [*unknown_members(request), *unsaid(request, *_UNSAYABLE), *unsaid_in_turns(request)]
        return made
    session = request.session
    told: JsonObject = {
        "verbosity": request.verbosity,
        "user": session.user,
        "prompt_cache_key": session.prompt_cache_key,
        "metadata": request.metadata or None,
    }
    made |= {name: value for name, value in told.items() if value is not None}
    made |= kept_within("reasoning", request.reasoning.extra)
    for name, value in request.extra.items():
        if profile.extras is not None and name not in profile.extras:
            notes.append(Note(path=name, verdict=Verdict.DROPPED, detail=NOT_TAKEN))
        elif name not in made and name not in _SET_BY_US:
            made[name] = value
    return made


def _emulated(detail: str) -> Note:
    return Note(path="response_format", verdict=Verdict.EMULATED, detail=detail)


def _unschemed() -> Note:
    detail = "the vendor takes no schema; it is asked for in words"
    return Note(path="response_format.json_schema", verdict=Verdict.APPROXIMATED, weight=Weight.LOSSY, detail=detail)
