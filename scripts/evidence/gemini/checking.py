"""One recorded Gemini exchange through our codecs, every result held against google-genai.

Rules of this file: the expected value never comes from our own fold, but for the borders between thoughts, which chat
clients see as blank lines; a codec that raises is a miss like any other.  Roads: ``whole``, ``stream`` and ``array``
are Gemini's own forms, ``across`` is a chat client's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Step, UpstreamError
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.evidence.broken import half_of
from scripts.evidence.codecs import CALL, CODEC_FAULTS, Pair, asked_body
from scripts.evidence.exchange import Row, decode, order_faults
from scripts.evidence.gemini.failures import check_failure
from scripts.evidence.gemini.reading import reading_of
from scripts.evidence.gemini.sdk import GeminiSdk, as_events
from scripts.evidence.readers.answer import FAILED, Answer, differences, of_response
from scripts.evidence.readers.reading import Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Form, Recording, header_map
from scripts.evidence.retelling import Road, encode

_SMALLEST: dict[str, Any] = {
    "contents": [{"parts": [{"text": "x"}]}],
    "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
}
_THOUGHT_SEPARATOR = "\n\n"
_ARRAY = "array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdks:
    """The readers of both ends."""

    gemini: GeminiSdk
    openai: ScriptedSdk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    expected: Answer
    steps: list[Step]
    folded: Response


def check(recording: Recording, pair: Pair, sdks: Sdks, *, seed: int = 0) -> Row:
    """Everything one recording can show."""
    row = Row(recording=recording)
    if recording.form is Form.ERROR:
        row.source = "SDK exception"
        row.miss("error", *check_failure(recording, pair, sdks.gemini))
    elif recording.form in {Form.STREAM, Form.WHOLE}:
        _check_answer(row, pair, sdks, seed)
    return row


def _check_answer(row: Row, pair: Pair, sdks: Sdks, seed: int) -> None:
    recording = row.recording
    expected, row.source = expected_answer(recording, sdks.gemini)
    try:
        steps = decode(recording, pair, seed)
        events = [event for step in steps for event in step.events]
        folded = fold(events)
        whole = [event for step in decode(recording, pair, None) for event in step.events]
    except UpstreamError as error:
        row.miss("decode", f"refused: {error}")
        return
    except CODEC_FAULTS as fault:
        row.miss("decode", f"raised {fault!r}")
        return
    row.miss("decode", *order_faults(events), *differences(expected, of_response(folded), one_thought=True))
    if whole != events:
        row.miss("chunking", "other chunk borders give other events")
    row.miss("request", *_request_faults(recording))
    row.miss("broken off", *_broken_faults(recording, pair))
    for stage, reason in _retelling_faults(sdks, _Told(expected=expected, steps=steps, folded=folded)):
        row.miss(stage, reason)


def expected_answer(recording: Recording, sdk: GeminiSdk) -> tuple[Answer, str]:
    """What the vendor said, and which reader says so."""
    try:
        reading = sdk.read(recording.raw, streamed=recording.form is Form.STREAM)
    except Rejected as rejected:
        chunks = [msgspec.json.decode(payload) for payload in _payloads(recording)]
        return reading_of(chunks), f"tolerant reader (SDK: {rejected})"
    return reading.answer, reading.source


def _payloads(recording: Recording) -> Iterator[bytes]:
    if recording.form is Form.WHOLE:
        yield recording.raw
        return
    for line in recording.raw.splitlines():
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:")


def _request_faults(recording: Recording) -> list[str]:
    """What was asked and answered must be legal to ask of us."""
    if recording.asked is None:
        return []
    verb = Verb.STREAM if recording.form is Form.STREAM else Verb.GENERATE
    try:
        GeminiServer(model="m", verb=verb).parse_request(
            msgspec.json.encode(recording.asked), headers=header_map(recording.request.get("headers"))
        )
    except InvalidRequest as refusal:
        return [f"refused: {refusal}"]
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    return []


def _broken_faults(recording: Recording, pair: Pair) -> list[str]:
    """Half a stream is no answer."""
    half = half_of(recording.raw) if recording.form is Form.STREAM else None
    if half is None:
        return []
    stream = pair.reader.open_stream(CALL)
    ending = fold(event for step in [*stream.feed(half), *stream.end()] for event in step.events).ending
    broke = isinstance(ending, ev.Failed) and ending.failure.kind is FailureKind.DISCONNECTED
    return [] if broke else [f"ending: expected a disconnection, got {ending}"]


def _retelling_faults(sdks: Sdks, told: _Told) -> Iterator[tuple[str, str]]:
    for road in _roads():
        if told.expected.ending == FAILED and not road.streamed:
            continue  # an HTTP error; its wording is the error check's matter
        try:
            content, repairs = encode(road, told.steps, told.folded)
        except CODEC_FAULTS as fault:
            yield road.name, f"raised {fault!r}"
            continue
        if repairs:
            yield road.name, f"the legality machine had to repair {repairs} times"
        try:
            faults = _across(road, content, sdks, told) if not road.native else _at_home(road, content, sdks, told)
        except Rejected as rejected:
            faults = [f"the SDK rejects what we wrote: {rejected}"]
        for reason in faults:
            yield road.name, reason


def _roads() -> Iterator[Road]:
    body = msgspec.json.encode(_SMALLEST)

    def asked(server: ServerCodec) -> Request:
        return server.parse_request(body, headers={}).request

    for name, verb, sse in (
        ("whole", Verb.GENERATE, False),
        ("stream", Verb.STREAM, True),
        (_ARRAY, Verb.STREAM, False),
    ):
        server = GeminiServer(model="m", verb=verb, sse=sse)
        streamed = verb is Verb.STREAM
        yield Road(name=name, dialect=Dialect.GEMINI, server=server, request=asked(server), streamed=streamed)
    chat = ChatServer()
    told = msgspec.json.encode(asked_body(Dialect.OPENAI_CHAT, None))
    request = chat.parse_request(told, headers={}).request
    for name, streamed in (("across", True), ("across, whole", False)):
        yield Road(
            name=name, dialect=Dialect.OPENAI_CHAT, server=chat, request=request, streamed=streamed, native=False
        )


def _at_home(road: Road, content: bytes, sdks: Sdks, told: _Told) -> list[str]:
    expected = _without_usage(told.expected)
    events = as_events(content) if road.name == _ARRAY else content
    got = sdks.gemini.read(events, streamed=road.streamed).answer
    # a blank line stands between thoughts, wherever the vendor began a new one
    plain = [replace(answer, reasoning=("".join("".join(answer.reasoning).split()),)) for answer in (expected, got)]
    return differences(plain[0], _without_usage(plain[1]))


def _across(road: Road, content: bytes, sdks: Sdks, told: _Told) -> list[str]:
    thoughts = _THOUGHT_SEPARATOR.join(of_response(told.folded).reasoning)
    expected = replace(_without_usage(told.expected), reasoning=(thoughts,) if thoughts else (), hosted=())
    return differences(expected, sdks.openai.read_chat(content, streamed=road.streamed).answer)


def _without_usage(answer: Answer) -> Answer:
    """Nothing follows an error in a stream."""
    return replace(answer, usage=None) if answer.ending == FAILED else answer
