"""One recorded exchange with an Ollama server through our codecs, every result held against ollama-python.

Rules of this file: the expected value never comes from our own fold; a codec that raises is a miss like any other.
Roads: ``whole`` and ``stream`` are the recorded endpoint's own forms, ``across`` is a chat client's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind, rule_of
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Step, UpstreamError
from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.evidence.codecs import CALL, CODEC_FAULTS, Pair, asked_body
from scripts.evidence.exchange import Row, decode, order_faults
from scripts.evidence.ollama.sdk import OllamaSdk
from scripts.evidence.readers.answer import FAILED, Answer, differences, of_response
from scripts.evidence.readers.reading import Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Form, Recording
from scripts.evidence.retelling import Road, encode

_SMALLEST = {
    Endpoint.CHAT: b'{"model":"m","messages":[{"role":"user","content":"x"}]}',
    Endpoint.GENERATE: b'{"model":"m","prompt":"x"}',
}
_KINDS = {
    400: frozenset({FailureKind.INVALID_REQUEST, FailureKind.UNSUPPORTED_PARAMETER, FailureKind.CONTEXT_TOO_LONG}),
    401: frozenset({FailureKind.UNAUTHORIZED}),
    404: frozenset({FailureKind.MODEL_NOT_FOUND}),
    429: frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED}),
    503: frozenset({FailureKind.OVERLOADED}),
}
_SERVER_KINDS = frozenset({FailureKind.UPSTREAM_ERROR, FailureKind.OVERLOADED, FailureKind.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdks:
    """The readers of both ends."""

    ollama: OllamaSdk
    openai: ScriptedSdk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    endpoint: Endpoint
    expected: Answer
    steps: list[Step]
    folded: Response


def check(recording: Recording, pair: Pair, sdks: Sdks, *, seed: int = 0) -> Row:
    """Everything one recording can show."""
    row = Row(recording=recording)
    if recording.form is Form.ERROR:
        row.source = "SDK exception"
        row.miss("error", *_failure_faults(recording, pair, sdks.ollama))
    elif recording.form in {Form.STREAM, Form.WHOLE}:
        _check_answer(row, pair, sdks, seed)
    return row


def half_of(raw: bytes) -> bytes | None:
    """The stream up to a line's end in its middle; None where it ends at once."""
    lines = [line for line in raw.splitlines(keepends=True) if line.strip() and b'"done":true' not in line]
    return b"".join(lines[: (len(lines) + 1) // 2]) if lines else None


def _check_answer(row: Row, pair: Pair, sdks: Sdks, seed: int) -> None:
    recording = row.recording
    endpoint = Endpoint.GENERATE if recording.endpoint.endswith("/generate") else Endpoint.CHAT
    try:
        streamed = recording.form is Form.STREAM
        expected = sdks.ollama.read(recording.raw, streamed=streamed, generated=endpoint is Endpoint.GENERATE)
    except Rejected as rejected:
        row.miss("oracle", f"no reader understands this answer: {rejected}")
        return
    row.source = expected.source
    try:
        steps = decode(recording, pair, seed)
        events = [event for step in steps for event in step.events]
        whole = [event for step in decode(recording, pair, None) for event in step.events]
        folded = fold(events)
    except (*CODEC_FAULTS, UpstreamError) as fault:
        row.miss("decode", f"raised {fault!r}")
        return
    row.miss("decode", *order_faults(events), *_differences(expected.answer, of_response(folded)))
    if whole != events:
        row.miss("chunking", "other chunk borders give other events")
    row.miss("request", *_request_faults(recording, endpoint))
    row.miss("broken off", *_broken_faults(recording, pair))
    told = _Told(endpoint=endpoint, expected=expected.answer, steps=steps, folded=folded)
    for stage, reason in _retelling_faults(sdks, told):
        row.miss(stage, reason)


def _differences(expected: Answer, got: Answer) -> list[str]:
    return differences(expected, got, one_thought=True, parsed_arguments=True)


def _request_faults(recording: Recording, endpoint: Endpoint) -> list[str]:
    """What was asked and answered must be legal to ask of us."""
    if recording.asked is None:
        return []
    try:
        OllamaServer(endpoint).parse_request(msgspec.json.encode(recording.asked), headers={})
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


def _failure_faults(recording: Recording, pair: Pair, sdk: OllamaSdk) -> list[str]:
    """What is wrong with our reading, or our telling, of a recorded HTTP error."""
    try:
        failure = pair.reader.parse_failure(recording.status, recording.headers, recording.raw)
        reply = pair.server.encode_failure(failure, request_id="req_evidence")
        raised = sdk.error_of(reply.status, reply.body, reply.headers)
    except Rejected as rejected:
        return [f"the SDK cannot read our error: {rejected}"]
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    found: list[str] = []
    allowed = _KINDS.get(recording.status, _SERVER_KINDS if recording.status >= 500 else _KINDS[400])
    if failure.kind not in allowed:
        found.append(f"kind: expected one of {', '.join(sorted(allowed))}, got {failure.kind}")
    words = _words(recording.raw)
    if words not in failure.message or failure.message not in raised.message:
        found.append(f"message: expected {words[:160]!r}, got {raised.message[:160]!r}")
    if reply.status != rule_of(failure).client_status:
        found.append(f"status: expected {rule_of(failure).client_status}, got {reply.status}")
    return found


def _words(raw: bytes) -> str:
    value = msgspec.json.decode(raw)
    return str(value.get("error", "")) if isinstance(value, dict) else ""


def _retelling_faults(sdks: Sdks, told: _Told) -> Iterator[tuple[str, str]]:
    for road in _roads(told.endpoint):
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
            got = _read(road, content, sdks, told)
        except Rejected as rejected:
            yield road.name, f"the SDK rejects what we wrote: {rejected}"
            continue
        for reason in _differences(_without_usage(told.expected), _without_usage(got)):
            yield road.name, reason


def _roads(endpoint: Endpoint) -> Iterator[Road]:
    server, chat = OllamaServer(endpoint), ChatServer()
    ours = server.parse_request(_SMALLEST[endpoint], headers={}).request
    body = msgspec.json.encode(asked_body(Dialect.OPENAI_CHAT, None))
    theirs = chat.parse_request(body, headers={}).request
    homes: tuple[tuple[str, Dialect, ServerCodec, Request], ...] = (
        ("", Dialect.OLLAMA, server, ours),
        ("across, ", Dialect.OPENAI_CHAT, chat, theirs),
    )
    for prefix, dialect, codec, request in homes:
        for name, streamed in (("stream", True), ("whole", False)):
            native = dialect is Dialect.OLLAMA
            yield Road(
                name=prefix + name, dialect=dialect, server=codec, request=request, streamed=streamed, native=native
            )


def _read(road: Road, content: bytes, sdks: Sdks, told: _Told) -> Answer:
    if not road.native:
        return sdks.openai.read_chat(content, streamed=road.streamed).answer
    generated = told.endpoint is Endpoint.GENERATE
    return sdks.ollama.read(content, streamed=road.streamed, generated=generated).answer


def _without_usage(answer: Answer) -> Answer:
    """Nothing follows an error in a stream."""
    return replace(answer, usage=None) if answer.ending == FAILED else answer
