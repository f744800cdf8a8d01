"""The roads of a decoded answer to a client: every one is encoded and read by the official SDK.

Rules of this file: the expected value is the oracle's, never our fold's, but for one fact: how many thoughts there are,
because chat clients see them as one text with a blank line between.  Roads of the same family are told from the
upstream's own frames (``relayed``), from events alone (``stream``) and as one body (``whole``); ``to a Codex client``
is the first of these for such a client; ``across`` is the other dialect.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Step
from scripts.evidence.codecs import CODEC_FAULTS, CODEX_HEADERS, IDS, Pair, asked_body
from scripts.evidence.readers import oracle
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, differences, of_response
from scripts.evidence.readers.reading import Reading, Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Form, Recording, header_map

_THOUGHT_SEPARATOR = "\n\n"
_OWN = {dialect: dialect for dialect in (Dialect.OPENAI_CHAT, Dialect.ANTHROPIC)}
_CHAT_ENDINGS = {"incomplete:max_output_tokens", "incomplete:content_filter", COMPLETED, FAILED}
_FINISHES = {
    "incomplete:max_output_tokens": {"length"},
    "incomplete:content_filter": {"content_filter"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A decoded answer and what it should be."""

    expected: Reading
    steps: list[Step]
    folded: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """One way to a client; ``dialect`` is the one the client reads."""

    name: str
    dialect: Dialect
    server: ServerCodec
    request: Request
    streamed: bool = True
    relayed: bool = False
    native: bool = True


def retelling_faults(recording: Recording, pair: Pair, sdk: ScriptedSdk, told: Told) -> Iterator[tuple[str, str]]:
    """Road and reason of everything that a client would read otherwise than the upstream said it."""
    for road in roads(recording, pair):
        if told.expected.answer.ending == FAILED and not road.streamed:
            continue  # an HTTP error; its wording is the error check's matter
        try:
            content, repairs = encode(road, told.steps, told.folded)
        except CODEC_FAULTS as fault:
            yield road.name, f"raised {fault!r}"
            continue
        if repairs:
            yield road.name, f"the legality machine had to repair {repairs} times"
        for reason in _faults(road, content, sdk, told):
            yield road.name, reason


def roads(recording: Recording, pair: Pair) -> Iterator[Road]:
    """Every way to a client that this recording can go."""
    own = _OWN.get(recording.dialect, Dialect.OPENAI_RESPONSES)
    other = Dialect.OPENAI_RESPONSES if own is Dialect.OPENAI_CHAT else Dialect.OPENAI_CHAT
    request = _request(pair.server, own, recording)
    yield Road(name="whole", dialect=own, server=pair.server, request=request, streamed=False)
    yield Road(name="stream", dialect=own, server=pair.server, request=request)
    if recording.form is Form.STREAM and own is not Dialect.OPENAI_CHAT:
        yield Road(name="relayed", dialect=own, server=pair.server, request=request, relayed=True)
    if recording.form is Form.STREAM and own is Dialect.OPENAI_RESPONSES:
        codex = _request(pair.server, own, None, headers=CODEX_HEADERS)
        yield Road(name="relayed to a Codex client", dialect=own, server=pair.server, request=codex, relayed=True)
    if pair.other is not None:
        request = _request(pair.other, other, None)
        yield Road(name="across", dialect=other, server=pair.other, request=request, native=False)
        yield Road(
            name="across, whole", dialect=other, server=pair.other, request=request, streamed=False, native=False
        )


def _request(
    server: ServerCodec, dialect: Dialect, recording: Recording | None, *, headers: dict[str, str] | None = None
) -> Request:
    """The recorded request; the smallest legal one where there is none, or ours refuses it."""
    told = headers or header_map(recording.request.get("headers") if recording else None)
    if recording is not None and recording.asked is not None:
        try:
            return server.parse_request(msgspec.json.encode(asked_body(dialect, recording.asked)), headers=told).request
        except (InvalidRequest, *CODEC_FAULTS):
            pass  # the request check has said so
    return server.parse_request(msgspec.json.encode(asked_body(dialect, None)), headers=told).request


def encode(road: Road, steps: list[Step], folded: Response) -> tuple[bytes, int]:
    """The bytes a client gets, and how often the encoder had to be put right."""
    if not road.streamed:
        reply = road.server.encode_response(road.request, folded, IDS)
        if reply.status != 200:
            raise AssertionError(f"answered with status {reply.status}")
        return reply.body, 0
    stream = road.server.open_stream(road.request, IDS)
    pieces = [stream.encode(step.events, step.frame if road.relayed else None) for step in steps]
    return b"".join([*pieces, stream.finish()]), stream.repairs


def _faults(road: Road, content: bytes, sdk: ScriptedSdk, told: Told) -> list[str]:
    expected = told.expected
    try:
        got = oracle.read_official(road.dialect, content, sdk, streamed=road.streamed)
    except Rejected as rejected:
        if not any(call.kind == "custom" for call in expected.answer.calls):
            return [f"the SDK rejects what we wrote: {rejected}"]
        got = oracle.read_tolerantly(
            road.dialect, content, streamed=road.streamed
        )  # the accumulator knows functions only
    if road.dialect is Dialect.OPENAI_CHAT:
        parsed = not road.native
        found = differences(_as_chat(told), got.answer, parsed_arguments=parsed)
        return [*found, *_finish_faults(expected.answer, got)]
    if road.dialect is Dialect.ANTHROPIC:
        told_of = got.answer if got.answer.ending != FAILED else replace(got.answer, usage=expected.answer.usage)
        found = differences(expected.answer, told_of, parsed_arguments=True)  # the prompt's size is told at the start
        changed = road.relayed and expected.source == got.source and expected.output != got.output
        return [*found, "content blocks changed"] if changed else found
    if not road.native:
        return differences(expected.answer, got.answer, one_thought=True)
    return [*differences(expected.answer, got.answer), *_item_faults(expected, got, relayed=road.relayed)]


def _as_chat(told: Told) -> Answer:
    thoughts = _THOUGHT_SEPARATOR.join(of_response(told.folded).reasoning)
    answer = told.expected.answer
    usage = None if answer.ending == FAILED else answer.usage  # nothing follows an error in a chat stream
    ending = answer.ending if answer.ending in _CHAT_ENDINGS else "incomplete:max_output_tokens"
    return replace(answer, reasoning=(thoughts,) if thoughts else (), hosted=(), usage=usage, ending=ending)


def _finish_faults(expected: Answer, got: Reading) -> list[str]:
    """The finish reason clients act on: calls are announced by it, whatever the upstream said."""
    words = _FINISHES.get(expected.ending)
    if expected.ending == COMPLETED:
        words = {"tool_calls", "function_call"} if expected.calls else {"stop"}
    if words is not None and got.finish not in words:
        return [f"finish reason: expected {' or '.join(sorted(words))}, got {got.finish}"]
    return []


def _item_faults(expected: Reading, got: Reading, *, relayed: bool) -> list[str]:
    """Whole items: relayed ones are unchanged, others keep their order and types."""
    if expected.answer.ending == FAILED:
        return []
    types = [[item.get("type") for item in reading.output] for reading in (expected, got)]
    if types[0] != types[1]:
        return [f"output item types: expected {types[0]}, got {types[1]}"]
    pairs = zip(expected.output, got.output, strict=True)
    changed = [f"{index} ({left.get('type')})" for index, (left, right) in enumerate(pairs) if left != right]
    return [f"output items changed: {', '.join(changed)}"] if relayed and changed else []
