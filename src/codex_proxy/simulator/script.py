"""From a request and the rule that answers it to a performance: an HTTP reply, or a stream of moments.

Rules of this file: pure.  Texts are Jinja templates over the request, rendered in a sandbox; one that cannot be
rendered is answered with a 500 that says why.  A stream without a terminal step ends as completed.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import msgspec
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.scenario import Rule
from codex_proxy.simulator.sections.steps import Call, Reply, ScriptedFailure, Step
from codex_proxy.simulator.unscripted.answers import answer, hosted_item, text, thinking, tool_calls, usage_of
from codex_proxy.simulator.unscripted.facts import Facts
from codex_proxy.simulator.unscripted.pictures import picture_events

_BYTES_PER_MB: Final = 1024 * 1024


class Say(msgspec.Struct, frozen=True):
    """Events that leave in one write."""

    events: tuple[ev.Event, ...]


class Raw(msgspec.Struct, frozen=True):
    """Bytes as they are."""

    data: bytes


class Fail(msgspec.Struct, frozen=True):
    """An error inside the stream, in the dialect's own words; nothing follows it."""

    failure: Failure


class Wait(msgspec.Struct, frozen=True):
    """Nothing for a while."""

    seconds: float


class Stall(msgspec.Struct, frozen=True):
    """Nothing until the client leaves."""


class Cut(msgspec.Struct, frozen=True):
    """The connection breaks."""


class Close(msgspec.Struct, frozen=True):
    """The body ends in good order, without a terminal event of ours."""


Moment: TypeAlias = Say | Raw | Fail | Wait | Stall | Cut | Close


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: ``reply`` is a whole HTTP answer instead of a stream of ``moments``.

    ``shape`` as in a rule; times are seconds, ``gap_seconds`` lies between two writes.
    """

    reply: WireReply | None = None
    moments: tuple[Moment, ...] = ()
    shape: str = "deltas"
    headers_after_seconds: float = 0.0
    gap_seconds: float = 0.0


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """How a dialect says what a script puts into its stream as it is: an event, and an error."""

    event: Callable[[JsonObject], bytes]
    error: Callable[[ScriptedFailure], tuple[Moment, ...]]


def perform(
    facts: Facts, rule: Rule | None, *, seal: Callable[[str], str], wording: Wording | None = None
) -> Performance:
    """What to answer; ``seal`` makes the encrypted content of reasoning; the wording is the backend's if not given."""
    if rule is None:
        return Performance(moments=tuple(_unscripted(facts, seal)))
    try:
        reply = reply_of(rule.reply, facts) if rule.reply is not None else None
        moments = tuple(_scripted(rule, facts, seal, wording or BACKEND_WORDING)) if reply is None else ()
    except TemplateError as error:
        body = encode({"error": {"message": f"scenario: {error}", "type": "scenario_error", "code": None}})
        return Performance(reply=WireReply(status=500, body=body))
    return Performance(
        reply=reply,
        moments=moments,
        shape=rule.shape,
        headers_after_seconds=rule.headers_after_ms / 1000,
        gap_seconds=rule.gap_ms / 1000,
    )


def render(template: str, facts: Facts) -> str:
    """A text with the request's facts put in; raises jinja2's ``TemplateError``."""
    if "{" not in template:
        return template
    return _JINJA.from_string(template).render(
        account=facts.account_id,
        model=facts.model,
        request=facts.request_number,
        last_user_text=facts.last_user_text,
        tool_output=facts.tool_output,
        tool_outputs=list(facts.tool_outputs),
        image_count=len(facts.images),
        body=facts.body,
    )


def _unscripted(facts: Facts, seal: Callable[[str], str]) -> Iterator[Moment]:
    if facts.body.get("generate") is False:
        yield _ended(ev.Completed(), usage_of(facts, ()))
        return
    if facts.wants_compaction:
        yield from _says(_compaction(0, facts, seal))
        yield _ended(ev.Completed(), usage_of(facts, ()))
        return
    told = answer(facts, seal(facts.seed))
    yield from _says(told)
    yield _ended(ev.Completed(), usage_of(facts, told))


def _scripted(rule: Rule, facts: Facts, seal: Callable[[str], str], wording: Wording) -> Iterator[Moment]:
    told: list[ev.Event] = []
    block = 0
    for step in rule.steps:
        events = list(_events(step, block, facts, seal))
        told += events
        block = max((event.block for event in events if hasattr(event, "block")), default=block - 1) + 1
        yield from _says(events)
        if step.incomplete is not None:
            yield _ended(ev.Incomplete(reason=step.incomplete), _usage(rule, facts, told))
            return
        if step.failed is not None:
            yield Say((ev.ResponseEnded(ending=_failed(step.failed)),))
            return
        for moment in _asides(step, wording):
            yield moment
            if isinstance(moment, Fail | Cut | Stall | Close):
                return
    yield _ended(ev.Completed(), _usage(rule, facts, told))


def _events(step: Step, block: int, facts: Facts, seal: Callable[[str], str]) -> Iterator[ev.Event]:
    if step.text is not None:
        yield from text(block, render(step.text, facts))
    elif step.giant_mb is not None:
        giant = "x" * int(step.giant_mb * _BYTES_PER_MB)
        yield ev.TextStarted(block=block)
        yield ev.TextDelta(block=block, text=giant)
        yield ev.TextEnded(block=block, text=giant)
    elif step.refusal is not None:
        words = render(step.refusal, facts)
        yield ev.RefusalStarted(block=block)
        yield ev.RefusalDelta(block=block, text=words)
        yield ev.RefusalEnded(block=block, text=words)
    elif step.reasoning is not None:
        yield from thinking(block, [render(part, facts) for part in step.reasoning], seal(f"{facts.seed}/{block}"))
    elif step.calls is not None:
        yield from tool_calls(block, [_call(call, facts, block + place) for place, call in enumerate(step.calls)])
    elif step.hosted is not None:
        yield from hosted_item(block, {"id": f"item_{facts.seed[:20]}{block}"} | step.hosted)
    elif step.image or step.giant_image_mb is not None:
        yield from picture_events(facts, block, padding_bytes=int((step.giant_image_mb or 0) * _BYTES_PER_MB))
    elif step.compaction:
        yield from _compaction(block, facts, seal)


def _asides(step: Step, wording: Wording) -> Iterator[Moment]:
    if step.delay_ms is not None:
        yield Wait(step.delay_ms / 1000)
    elif step.event is not None:
        yield Raw(wording.event(step.event))
    elif step.garbage is not None:
        yield Raw(step.garbage.encode())
    elif step.error is not None:
        yield from wording.error(step.error)
    elif step.cut:
        yield Cut()
    elif step.stall:
        yield Stall()
    elif step.end:
        yield Close()


def _says(events: list[ev.Event] | Iterator[ev.Event]) -> Iterator[Moment]:
    for event in events:
        yield Say((event,))


def _ended(ending: ev.Ending, usage: Usage) -> Moment:
    return Say((ev.UsageReported(usage=usage), ev.ResponseEnded(ending=ending)))


def _usage(rule: Rule, facts: Facts, told: list[ev.Event]) -> Usage:
    return usage_of(facts, told) if rule.usage is None else msgspec.convert(rule.usage, Usage)


def _compaction(block: int, facts: Facts, seal: Callable[[str], str]) -> Iterator[ev.Event]:
    item = {"id": f"cmp_{facts.seed[:24]}", "type": "compaction", "encrypted_content": seal(f"compaction {facts.seed}")}
    yield from hosted_item(block, item)


def _call(call: Call, facts: Facts, number: int) -> JsonObject:
    if call.input is not None:
        kind, words = "custom", render(call.input, facts)
    else:
        kind = "function"
        given = call.arguments if call.arguments is not None else {}
        words = render(given if isinstance(given, str) else encode(_rendered(given, facts)).decode(), facts)
    call_id = call.call_id or f"call_{facts.seed[:16]}{facts.request_number}_{number}"
    return {"call_id": call_id, "name": call.name, "kind": kind, "namespace": call.namespace, "text": words}


def _rendered(value: Any, facts: Facts) -> Any:
    if isinstance(value, str):
        return render(value, facts)
    if isinstance(value, dict):
        return {name: _rendered(member, facts) for name, member in value.items()}
    return [_rendered(member, facts) for member in value] if isinstance(value, list) else value


def reply_of(reply: Reply, facts: Facts) -> WireReply:
    """A scripted reply with its templates filled in."""
    if isinstance(reply.body, str):
        body, kind = render(reply.body, facts).encode(), "text/html; charset=utf-8"
    else:
        body, kind = b"" if reply.body is None else encode(_rendered(reply.body, facts)), "application/json"
    headers = {"content-type": kind} | {name.lower(): value for name, value in reply.headers.items()}
    return WireReply(status=reply.status, body=body, headers=tuple(headers.items()))


def _failed(failure: ScriptedFailure) -> ev.Failed:
    """As it is said on the wire: of this kind the upstream's own code and words stay."""
    return ev.Failed(failure=Failure(kind=FailureKind.INVALID_REQUEST, code=failure.code, message=failure.message))


def _error_frame(failure: ScriptedFailure) -> tuple[Moment, ...]:
    error = {"type": failure.code, "code": failure.code, "message": failure.message, "param": None}
    return Raw(encode_frame(encode({"type": "error", "error": error}), "error")), Close()


def named_event(event: JsonObject) -> bytes:
    """A frame with the name that stands in the event's ``type``."""
    return encode_frame(encode(event), str(event.get("type", "message")))


BACKEND_WORDING: Final = Wording(event=named_event, error=_error_frame)


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    environment.filters["sha256"] = lambda value: hashlib.sha256(str(value).encode()).hexdigest()
    return environment


_JINJA: Final = _environment()
