"""The body of a vendor's Messages request.

Rules of this file: a client of this dialect owns its body and keeps it; for all others it is written anew.  Sampling
values go out where the vendor takes them; fields it refused before stay out.  Source: Anthropic API reference.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject, Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import JsonOutput, Request, Role, SchemaOutput, Turn
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.anthropic.asking.messages import Messages
from codex_proxy.protocols.anthropic.asking.native import lacks_thought, native_messages
from codex_proxy.protocols.anthropic.asking.thinking import Thinking, plan_thinking
from codex_proxy.protocols.anthropic.asking.tools import Tools, client_names, custom_names
from codex_proxy.protocols.anthropic.request.body import native_members
from codex_proxy.protocols.anthropic.schema import PART_SEPARATOR, AnthropicProfile, AnthropicRequest
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.parts.asking.forms import described
from codex_proxy.protocols.parts.asking.refused import NOT_TAKEN, without_refused
from codex_proxy.protocols.parts.asking.unsaid import unknown_members, unsaid, unsaid_in_turns, unsaid_tier
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.pairing import repair_pairs

_CACHED: Final[JsonObject] = {"cache_control": {"type": "ephemeral"}}
_INSTRUCTING: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_UNSAYABLE: Final = (
    "verbosity",
    "metadata",
    "user",
    "prompt_cache_key",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "logit_bias",
    "top_logprobs",
)
_ASK_FOR_JSON: Final = "Answer with a JSON object and nothing else."


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A built body, what must be undone in the answer, and what was lost."""

    members: JsonObject
    context: CallContext
    notes: tuple[Note, ...]


def build_body(request: Request, target: Target, profile: AnthropicProfile) -> Body:
    """The body for this request and target.

    Raises:
        Unsupported: a block holds content that the vendor cannot read.
    """
    own = native_members(request) if isinstance(request, AnthropicRequest) else None
    made = _native(own, request, target, profile) if own is not None else _written(request, target, profile)
    members, refusals = without_refused(profile.sends | made.members, profile.refuses, NOT_TAKEN)
    members, rejects = without_refused(members, target.learned_rejects)
    return msgspec.structs.replace(made, members=members, notes=(*made.notes, *refusals, *rejects))


def _native(own: JsonObject, request: Request, target: Target, profile: AnthropicProfile) -> Body:
    listed = own.get("messages")
    messages, notes = native_messages(listed if isinstance(listed, list) else [], drop_reasoning=target.drop_reasoning)
    members = own | {"model": target.model.slug, "messages": messages, "stream": request.stream}
    unthought = bool(notes) and lacks_thought(messages)
    thinking = plan_thinking(request, target, profile, allowed=not unthought)
    if not {"thinking", "output_config"} & own.keys():
        members |= thinking.members
    elif unthought and "thinking" in own:
        members["thinking"] = {"type": "disabled"}
        notes = (*notes, _no_thinking())
    if own.get("max_tokens") is None:
        members["max_tokens"] = thinking.max_tokens
    made = Body(members=members, context=CallContext(model=target.model.slug), notes=notes)
    return _with_more_tools(made, request, profile)


def _with_more_tools(made: Body, request: Request, profile: AnthropicProfile) -> Body:
    """The client's own body with the tools that were added behind those it offered."""
    native = request.native if isinstance(request, AnthropicRequest) else None
    added = request.tools[len(native.tools) :] if native is not None else ()
    if not added:
        return made
    offer = Tools(msgspec.structs.replace(request, tools=added), profile, NameMap(()))
    listed = made.members.get("tools")
    members = made.members | {"tools": [*(listed if isinstance(listed, list) else ()), *offer.wire]}
    return msgspec.structs.replace(made, members=members, notes=(*made.notes, *offer.notes))


def _written(request: Request, target: Target, profile: AnthropicProfile) -> Body:
    names = NameMap(client_names(request))
    leading, turns = _split(request)
    turns, repairs = repair_pairs(turns)
    said = Messages(turns, profile, names, thinks=not target.drop_reasoning)
    thinking = plan_thinking(request, target, profile, allowed=not said.lacks_thought)
    notes = [*repairs, *said.notes]
    if said.lacks_thought and request.reasoning.effort not in {None, "none"}:
        notes.append(_no_thinking())
    offer = Tools(request, profile, names)
    members: JsonObject = {"model": target.model.slug, "max_tokens": thinking.max_tokens}
    instructions = [*leading, *_wanted_form(request, profile, notes)]
    if instructions:
        members["system"] = [{"type": "text", "text": text} for text in instructions]
    members["messages"] = said.messages
    if offer.wire:
        members["tools"] = offer.wire
        choice = offer.choice(thinks=thinking.on)
        members |= {"tool_choice": choice} if choice is not None else {}
    members |= thinking.members | _format(request, profile, thinking)
    members |= _sampling(request, profile, thinking, notes)
    members["stream"] = request.stream
    if profile.cache_marks:
        _mark(members)
    notes += [*offer.notes, *_unsaid(request, target)]
    context = CallContext(model=target.model.slug, tool_names=names.back(), custom_tools=custom_names(request))
    return Body(members=members, context=context, notes=tuple(notes))


def _unsaid(request: Request, target: Target) -> tuple[Note, ...]:
    """What the dialect has no word for; ids of users are not told to a vendor that did not ask for them."""
    in_turns = unsaid_in_turns(request, names=True, details=True)
    return (*unknown_members(request), *unsaid(request, *_UNSAYABLE), *unsaid_tier(request, target), *in_turns)


def _split(request: Request) -> tuple[list[str], tuple[Turn, ...]]:
    """Leading instructions, and the turns behind them."""
    count = 0
    while count < len(request.turns) and request.turns[count].role in _INSTRUCTING:
        count += 1
    texts = [
        PART_SEPARATOR.join(block.text for block in turn.blocks if isinstance(block, Text))
        for turn in request.turns[:count]
    ]
    return [text for text in (request.instructions, *texts) if text], request.turns[count:]


def _wanted_form(request: Request, profile: AnthropicProfile, notes: list[Note]) -> list[str]:
    """A form of the answer that the vendor has no field for, asked for in words."""
    match request.output:
        case JsonOutput():
            notes.append(Note(path="response_format", verdict=Verdict.EMULATED, detail="JSON is asked for in words"))
            return [_ASK_FOR_JSON]
        case SchemaOutput(schema=schema) if not profile.structured_outputs:
            detail = "the vendor takes no schema; it is asked for in words"
            notes.append(Note(path="response_format", verdict=Verdict.APPROXIMATED, weight=Weight.LOSSY, detail=detail))
            return [f"{_ASK_FOR_JSON} It must fit this JSON Schema:\n{encode(schema).decode()}"]
    return []


def _format(request: Request, profile: AnthropicProfile, thinking: Thinking) -> JsonObject:
    if not isinstance(request.output, SchemaOutput) or not profile.structured_outputs:
        return {}
    wanted = {"format": {"type": "json_schema", "schema": described(request.output)}}
    return {"output_config": {**thinking.members.get("output_config", {}), **wanted}}


def _sampling(request: Request, profile: AnthropicProfile, thinking: Thinking, notes: list[Note]) -> JsonObject:
    sampling = request.sampling
    stops = [stop for stop in sampling.stop if stop.strip()]
    if len(stops) < len(sampling.stop):
        notes.append(Note(path="stop", verdict=Verdict.DROPPED, detail="the vendor takes no stop string of spaces"))
    told: JsonObject = {"stop_sequences": stops} if stops else {}
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    said = {name: value for name, value in drawn.items() if value is not None}
    if thinking.on:
        notes += [Note(path=name, verdict=Verdict.DROPPED, detail="not while the model thinks") for name in said]
        return told
    if profile.temperature_or_top_p and {"temperature", "top_p"} <= said.keys():
        del said["top_p"]
        notes.append(Note(path="top_p", verdict=Verdict.DROPPED, detail="not beside a temperature"))
    if said.get("temperature", 0) > 1:
        notes.append(Note(path="temperature", verdict=Verdict.APPROXIMATED, detail="the vendor's highest is 1"))
        said["temperature"] = 1
    return told | said


def _mark(members: JsonObject) -> None:
    """Cache marks at the three places whose prefixes recur: instructions, tools and the conversation so far."""
    if members.get("system"):
        members["system"][-1] |= _CACHED
    if members.get("tools"):
        members["tools"][-1] = members["tools"][-1] | _CACHED
    users = [message for message in members["messages"] if message["role"] == "user"]
    if users:
        content: list[JsonObject] = users[-1]["content"]
        content[-1] = content[-1] | _CACHED


def _no_thinking() -> Note:
    detail = "no thinking, since the calls being answered came without a thought of this vendor's"
    return Note(path="thinking", verdict=Verdict.DROPPED, detail=detail)
