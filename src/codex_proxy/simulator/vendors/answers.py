"""A vendor's answers in a model's words, or its pictures: by script or without one, streamed and whole.

Rules of this file: what a script says is said by the dialect's own server role; where there is no stream, a step that
only a stream can act out becomes what comes nearest: an HTTP error, a broken connection, a body of raw bytes.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import AnswerIds, HeaderPairs, ServerCodec, WireReply
from codex_proxy.protocols.parts.answers.rewriting import rewritten
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.player import Player
from codex_proxy.simulator.scenario import Rule
from codex_proxy.simulator.script import (
    Close,
    Cut,
    Fail,
    Moment,
    Performance,
    Raw,
    Say,
    Stall,
    Wait,
    Wording,
    named_event,
    perform,
)
from codex_proxy.simulator.sections.steps import ScriptedFailure
from codex_proxy.simulator.sections.vendors import RefusalSettings, VendorRule, Wire
from codex_proxy.simulator.vendors.asked import Asked
from codex_proxy.simulator.vendors.places import Place
from codex_proxy.simulator.vendors.refusals import refusal

_NAMES_ITS_EVENTS: Final = frozenset({Wire.RESPONSES, Wire.ANTHROPIC})
_ORIGINS: Final = {Wire.ANTHROPIC: "anthropic", Wire.GEMINI: "gemini"}
"""Whose the tokens of thoughts are, where they are not of the Responses family."""
_KINDS: Final = {"overloaded": FailureKind.OVERLOADED, "rate_limit": FailureKind.RATE_LIMITED}
_STATUSES: Final = {FailureKind.OVERLOADED: 503, FailureKind.RATE_LIMITED: 429}
_OVERLOADED_ANTHROPIC: Final = 529


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer is given: by whom, in which words, under which ids; ``seal`` makes tokens of thoughts."""

    place: Place
    codec: ServerCodec
    ids: AnswerIds
    headers: HeaderPairs
    seal: Callable[[str], str]


async def answer(asked: Asked, rule: VendorRule | None, stage: Stage, player: Player) -> None:
    """Answer as the rule says, or the simulated model where there is none."""
    performance = _performance(asked, rule, stage)
    if performance.reply is not None or asked.request.stream:
        stream = stage.codec.open_stream(asked.request, stage.ids)
        headers = (("content-type", stream.content_type), ("cache-control", "no-cache"), *stage.headers)
        await player.play(performance, stream, headers)
    else:
        await _answer_whole(performance, asked, stage, player)


def as_rule(rule: VendorRule) -> Rule:
    """The script of a vendor's rule."""
    return Rule(
        name=rule.name,
        reply=rule.reply,
        steps=rule.steps,
        usage=rule.usage,
        gap_ms=rule.gap_ms,
        headers_after_ms=rule.headers_after_ms,
    )


def _performance(asked: Asked, rule: VendorRule | None, stage: Stage) -> Performance:
    wire, facts = stage.place.wire, asked.facts
    made = perform(
        facts, None if rule is None else as_rule(rule), seal=stage.seal, wording=_WORDINGS[wire in _NAMES_ITS_EVENTS]
    )
    moments = list(made.moments) if rule is not None else list(_undone(made, asked))
    started = ev.ResponseStarted(
        response_id=f"resp_{stage.ids.token}", model=facts.model, created_at=stage.ids.created_at
    )
    return msgspec.structs.replace(made, moments=(Say((started,)), *(_signed(moment, wire) for moment in moments)))


def _undone(performance: Performance, asked: Asked) -> Iterator[Moment]:
    """The simulated model's answer, in the names and the schema that the client used."""
    events = [event for moment in performance.moments if isinstance(moment, Say) for event in moment.events]
    names = asked.context.tool_names
    for event in rewritten(events, asked.context):
        if isinstance(event, ev.ToolCallStarted):
            yield Say((msgspec.structs.replace(event, name=names.get(event.name, event.name)),))
        else:
            yield Say((event,))


def _signed(moment: Moment, wire: Wire) -> Moment:
    if not isinstance(moment, Say) or wire not in _ORIGINS:
        return moment
    return Say(
        tuple(
            msgspec.structs.replace(event, origin=_ORIGINS[wire]) if isinstance(event, ev.ThinkingEnded) else event
            for event in moment.events
        )
    )


async def _answer_whole(performance: Performance, asked: Asked, stage: Stage, player: Player) -> None:
    await asyncio.sleep(performance.headers_after_seconds)
    events: list[ev.Event] = []
    for moment in performance.moments:
        match moment:
            case Say():
                events += moment.events
            case Wait():
                await asyncio.sleep(moment.seconds)
            case Stall():
                await player.stall()
                return
            case Cut():
                await player.cut()
                return
            case Raw() | Close():
                await player.reply(WireReply(status=200, body=moment.data if isinstance(moment, Raw) else b""))
                return
            case Fail():
                await player.reply(_failed(moment.failure, stage))
                return
    await player.reply(_whole(events, asked, stage))


def _whole(events: list[ev.Event], asked: Asked, stage: Stage) -> WireReply:
    response = fold(events)
    if isinstance(response.ending, ev.Failed):
        return _failed(response.ending.failure, stage)
    reply = stage.codec.encode_response(asked.request, response, stage.ids)
    return msgspec.structs.replace(reply, headers=(*reply.headers, *stage.headers))


def _failed(failure: Failure, stage: Stage) -> WireReply:
    status = _STATUSES.get(failure.kind, 500)
    if failure.kind is FailureKind.OVERLOADED and stage.place.wire is Wire.ANTHROPIC:
        status = _OVERLOADED_ANTHROPIC
    settings = RefusalSettings(status=status, message=failure.message, code=failure.code)
    return refusal(stage.place.wire, settings, request_id=stage.ids.request_id)


def _unnamed_event(event: JsonObject) -> bytes:
    return encode_frame(encode(event))


def _error(told: ScriptedFailure) -> tuple[Moment, ...]:
    kind = next((kind for word, kind in _KINDS.items() if word in told.code), FailureKind.UPSTREAM_ERROR)
    return (Fail(Failure(kind=kind, code=told.code, message=told.message)),)


_WORDINGS: Final = {
    True: Wording(event=named_event, error=_error),
    False: Wording(event=_unnamed_event, error=_error),
}
