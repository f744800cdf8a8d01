"""The roads of a decoded answer to a client: every one is encoded and read by that client's official SDK.

Rules of this file: the expected value is the oracle's, never our fold's, but for one fact: how many thoughts there are,
because chat clients see them as one text with a blank line between.  What differs by dialect is a ``Witness``, and
stands in that dialect's ``checking``.  ``whole`` and ``stream`` are roads to clients of the recorded dialect,
``relayed`` those on which the upstream's own frames go, ``across`` leads to clients of another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Step
from scripts.evidence.codecs import CODEC_FAULTS, IDS, Pair, asked_body
from scripts.evidence.failures import ErrorForm
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, differences, of_response
from scripts.evidence.readers.reading import Reading, Rejected
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Form, Recording, header_map

_THOUGHT_SEPARATOR = "\n\n"
PLAIN_ENDINGS = frozenset({"incomplete:max_output_tokens", "incomplete:content_filter", COMPLETED, FAILED})
"""Those that chat and Gemini have words for."""
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
    """One way to a client; ``dialect`` is the one the client reads, ``generated`` that it asked ``/api/generate``."""

    name: str
    dialect: Dialect
    server: ServerCodec
    request: Request
    streamed: bool = True
    relayed: bool = False
    native: bool = True
    generated: bool = False


Faults: TypeAlias = Callable[[Road, Reading, Told], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one dialect brings to the check of its recordings.

    ``roads`` are the ways to a client, ``faults`` says what a client reads otherwise than the upstream said it,
    ``half`` takes the first half of a stream, None where it ends at once, and ``server`` is the codec that the recorded
    request would have met, if not the pair's.  ``one_thought`` and ``parsed_arguments`` are those of ``differences``.
    """

    errors: ErrorForm
    roads: Callable[[Recording, Pair], Iterator[Road]]
    faults: Faults
    half: Callable[[bytes], bytes | None]
    server: Callable[[Recording], ServerCodec] | None = None
    one_thought: bool = False
    parsed_arguments: bool = False


def retelling_faults(roads: Iterator[Road], told: Told, readers: Readers, faults: Faults) -> Iterator[tuple[str, str]]:
    """Road and reason of everything that a client would read otherwise than it should."""
    for road in roads:
        if told.expected.answer.ending == FAILED and not road.streamed:
            continue  # an HTTP error; its wording is the error check's matter
        try:
            content, repairs = encode(road, told.steps, told.folded)
        except CODEC_FAULTS as fault:
            yield road.name, f"raised {fault!r}"
            continue
        if repairs:
            yield road.name, f"the legality machine had to repair {repairs} times"
        try:
            got = readers.told(road.dialect, content, streamed=road.streamed, generated=road.generated)
        except Rejected as rejected:
            yield road.name, f"the SDK rejects what we wrote: {rejected}"
            continue
        for reason in faults(road, got, told):
            yield road.name, reason


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


# Roads that several dialects have


def own_roads(recording: Recording, pair: Pair, dialect: Dialect, *, relays: bool) -> Iterator[Road]:
    """The roads to a client that asked as the recorded one did; ``relays`` says that frames can go as they came."""
    request = request_of(pair.server, dialect, recording)
    yield Road(name="whole", dialect=dialect, server=pair.server, request=request, streamed=False)
    yield Road(name="stream", dialect=dialect, server=pair.server, request=request)
    if relays and recording.form is Form.STREAM:
        yield Road(name="relayed", dialect=dialect, server=pair.server, request=request, relayed=True)


def across(pair: Pair, dialect: Dialect = Dialect.OPENAI_CHAT) -> Iterator[Road]:
    """The roads to a client of the pair's other codec, whose dialect this is."""
    if pair.other is None:
        return
    request = request_of(pair.other, dialect, None)
    for name, streamed in (("across", True), ("across, whole", False)):
        yield Road(name=name, dialect=dialect, server=pair.other, request=request, streamed=streamed, native=False)


def request_of(
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


# What clients read


def chat_faults(road: Road, got: Reading, told: Told) -> list[str]:
    """Where a chat client reads something else; across dialects, arguments are compared by what they mean."""
    found = differences(_as_chat(told), got.answer, parsed_arguments=not road.native)
    return [*found, *_finish_faults(told.expected.answer, got)]


def without_usage(answer: Answer) -> Answer:
    """The answer as a stream tells it, in which nothing follows an error."""
    return replace(answer, usage=None) if answer.ending == FAILED else answer


def _as_chat(told: Told) -> Answer:
    thoughts = _THOUGHT_SEPARATOR.join(of_response(told.folded).reasoning)
    answer = without_usage(told.expected.answer)
    ending = answer.ending if answer.ending in PLAIN_ENDINGS else "incomplete:max_output_tokens"
    return replace(answer, reasoning=(thoughts,) if thoughts else (), hosted=(), ending=ending)


def _finish_faults(expected: Answer, got: Reading) -> list[str]:
    """The finish reason clients act on: calls are announced by it, whatever the upstream said."""
    words = _FINISHES.get(expected.ending)
    if expected.ending == COMPLETED:
        words = {"tool_calls", "function_call"} if expected.calls else {"stop"}
    if words is not None and got.finish not in words:
        return [f"finish reason: expected {' or '.join(sorted(words))}, got {got.finish}"]
    return []
