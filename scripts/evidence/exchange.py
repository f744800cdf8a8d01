"""One recorded exchange through our codecs, every result held against a reader that is not ours.

Rules of this file: the expected value never comes from our own fold; a codec that raises is a miss like any other.
Stages: ``request`` parse, ``decode`` events and fold, ``chunking`` other borders give the same events, ``stream`` and
``whole`` encode the answer again and let the official SDK read it, ``headers`` and ``error`` what their names say.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import InvalidRequest, Step, UpstreamError, WireReply
from scripts.evidence import oracle
from scripts.evidence.answer import COMPLETED, FAILED, Answer, differences, of_response
from scripts.evidence.codecs import CALL, CODEC_FAULTS, IDS, Pair, asked_body
from scripts.evidence.failures import check_failure
from scripts.evidence.recording import Form, Recording
from scripts.evidence.sdk import Reading, Rejected, ScriptedSdk

_CUTS = 40  # about as many network chunks as a long answer comes in
_THOUGHT_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Where our codecs and the recording part; ``known`` is the reason if the recording itself is at fault."""

    stage: str
    reason: str
    known: str | None = None


@dataclass(slots=True, kw_only=True)
class Row:
    """What became of one recording; ``source`` names the reader it was held against."""

    recording: Recording
    source: str = ""
    misses: list[Miss] = field(default_factory=list)

    def miss(self, stage: str, *reasons: str) -> None:
        """Take down misses of one stage."""
        self.misses.extend(Miss(stage=stage, reason=reason) for reason in reasons)


Roads: TypeAlias = Iterator[tuple[str, Callable[[], bytes], bool]]


def check(recording: Recording, pair: Pair, sdk: ScriptedSdk, *, seed: int = 0) -> Row:
    """Everything one recording can show."""
    row = Row(recording=recording)
    match recording.form:
        case Form.ERROR:
            row.source = "SDK exception"
            row.misses += [Miss(stage="error", reason=reason) for reason in check_failure(recording, pair, sdk)]
        case Form.STREAM | Form.WHOLE:
            _check_answer(row, pair, sdk, seed)
        case Form.HEADERS | Form.OTHER:
            pass
    return row


def _check_answer(row: Row, pair: Pair, sdk: ScriptedSdk, seed: int) -> None:
    recording = row.recording
    expected = oracle.read(recording, sdk)
    row.source = expected.source
    try:
        steps = decode(recording, pair, seed)
        events = [event for step in steps for event in step.events]
        folded = fold(events)
    except UpstreamError as error:
        row.miss("decode", f"refused: {error}")
        return
    except CODEC_FAULTS as fault:
        row.miss("decode", f"raised {fault!r}")
        return
    row.miss("decode", *order_faults(events))
    one_thought = recording.dialect is Dialect.OPENAI_CHAT
    row.miss("decode", *differences(expected.answer, of_response(folded), one_thought=one_thought))
    if recording.form is Form.STREAM:
        row.miss("chunking", *_chunking_faults(recording, pair, events))
    request = _request(row, pair)
    if request is not None:
        _check_encoding(row, _Encoding(pair, sdk, request, expected, steps, folded))


def decode(recording: Recording, pair: Pair, seed: int | None) -> list[Step]:
    """The recording's answer as steps: cut at random borders, or in one piece where there is no seed."""
    if recording.form is Form.WHOLE:
        return [Step(None, (event,)) for event in pair.reader.parse_response(CALL, recording.raw)]
    stream = pair.reader.open_stream(CALL)
    chunks = [recording.raw] if seed is None else cut(recording.raw, f"{seed}:{recording.stem}")
    steps = [step for chunk in chunks for step in stream.feed(chunk)]
    return [*steps, *stream.end()]


def cut(raw: bytes, seed: str) -> list[bytes]:
    """The bytes in random pieces, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - chunk borders, not secrets
    borders = sorted({0, len(raw), *(chance.randint(0, len(raw)) for _ in range(_CUTS))})
    return [raw[start:end] for start, end in zip(borders, borders[1:], strict=False)]


def order_faults(events: list[ev.Event]) -> list[str]:
    """Rules of the event vocabulary that this answer breaks."""
    faults: list[str] = []
    if not events or not isinstance(events[0], ev.ResponseStarted):
        faults.append("event order: the first event is not ResponseStarted")
    if not events or not isinstance(events[-1], ev.ResponseEnded):
        faults.append("event order: the last event is not ResponseEnded")
    for kind in (ev.ResponseStarted, ev.ResponseEnded):
        if (count := sum(isinstance(event, kind) for event in events)) != 1:
            faults.append(f"event order: {count} times {kind.__name__}")
    open_blocks: set[int] = set()
    for event in events:
        name, block = type(event).__name__, getattr(event, "block", None)
        if block is None:
            continue
        if name.endswith("Started"):
            open_blocks.add(block)
        elif block not in open_blocks:
            faults.append(f"event order: {name} for block {block}, which is not open")
        elif name.endswith("Ended"):
            open_blocks.discard(block)
    return [*faults, *(f"event order: block {block} never ends" for block in sorted(open_blocks))]


def _chunking_faults(recording: Recording, pair: Pair, events: list[ev.Event]) -> list[str]:
    try:
        whole = [event for step in decode(recording, pair, None) for event in step.events]
    except (*CODEC_FAULTS, UpstreamError) as fault:
        return [f"in one piece it raised {fault!r}"]
    return [] if whole == events else ["other chunk borders give other events"]


def _request(row: Row, pair: Pair) -> Request | None:
    """The recorded request, parsed; the smallest one where ours refuses it, which is a miss if it was answered."""
    dialect, asked = row.recording.dialect, row.recording.asked
    for body in (asked_body(dialect, asked), asked_body(dialect, None)):
        try:
            headers = row.recording.request.get("headers")
            told = {str(name).lower(): str(value) for name, value in headers.items()} if headers else {}
            return pair.server.parse_request(msgspec.json.encode(body), headers=told).request
        except InvalidRequest as refusal:
            row.miss("request", f"refused: {refusal}")
        except CODEC_FAULTS as fault:
            row.miss("request", f"raised {fault!r}")
    return None


@dataclass(frozen=True, slots=True)
class _Encoding:
    """What encoding again needs to be judged."""

    pair: Pair
    sdk: ScriptedSdk
    request: Request
    expected: Reading
    steps: list[Step]
    folded: Response

    def roads(self, form: Form) -> Roads:
        """The ways to a client: name, bytes, streamed."""
        yield "whole", self._whole, False
        if form is Form.STREAM:
            yield "stream", lambda: self._streamed(relayed=True), True
        yield "stream of events", lambda: self._streamed(relayed=False), True

    def _streamed(self, *, relayed: bool) -> bytes:
        stream = self.pair.server.open_stream(self.request, IDS)
        pieces = [stream.encode(step.events, step.frame if relayed else None) for step in self.steps]
        pieces.append(stream.finish())
        if stream.repairs:
            raise AssertionError(f"the legality machine had to repair {stream.repairs} times")
        return b"".join(pieces)

    def _whole(self) -> bytes:
        reply: WireReply = self.pair.server.encode_response(self.request, self.folded, IDS)
        if reply.status != 200 and self.expected.answer.ending != FAILED:
            raise AssertionError(f"answered with status {reply.status}")
        return reply.body


def _check_encoding(row: Row, encoding: _Encoding) -> None:
    expected = encoding.expected
    for name, encode, streamed in encoding.roads(row.recording.form):
        if expected.answer.ending == FAILED and not streamed:
            continue  # an HTTP error; its wording is the error check's matter
        try:
            content = encode()
        except CODEC_FAULTS as fault:
            row.miss(name, f"raised {fault!r}")
            continue
        try:
            reading = oracle.read_official(row.recording.dialect, content, encoding.sdk, streamed=streamed)
        except Rejected as rejected:
            if any(call.kind == "custom" for call in expected.answer.calls) and streamed:
                reading = oracle.read_tolerantly(row.recording.dialect, content, streamed=True)
            else:
                row.miss(name, f"the SDK rejects what we wrote: {rejected}")
                continue
        row.miss(name, *_encoded_faults(row.recording.dialect, encoding, reading, relayed=name == "stream"))


def _encoded_faults(dialect: Dialect, encoding: _Encoding, got: Reading, *, relayed: bool) -> list[str]:
    expected = encoding.expected
    if dialect is Dialect.OPENAI_CHAT:
        return [*_chat_faults(encoding, got), *_finish_faults(expected, got)]
    found = differences(expected.answer, got.answer)
    if expected.answer.ending == FAILED:
        return found
    if relayed and expected.output != got.output:
        pairs = zip(expected.output, got.output, strict=False)
        changed = [index for index, (left, right) in enumerate(pairs) if left != right]
        found.append(f"output items changed: {changed or (len(expected.output), len(got.output))}")
    kinds = [[item.get("type") for item in reading.output] for reading in (expected, got)]
    if kinds[0] != kinds[1]:
        found.append(f"output item types: expected {kinds[0]}, got {kinds[1]}")
    return found


def _chat_faults(encoding: _Encoding, got: Reading) -> list[str]:
    """Chat clients see thoughts as one text, calls without an id under ours, and no hosted items."""
    expected, ours = encoding.expected.answer, of_response(encoding.folded)
    thoughts = _THOUGHT_SEPARATOR.join(ours.reasoning)
    wanted = Answer(
        text=expected.text,
        refusal=expected.refusal,
        reasoning=(thoughts,) if thoughts else (),
        calls=expected.calls,
        ending=expected.ending,
        usage=expected.usage,
        error=expected.error,
    )
    return differences(wanted, got.answer)


def _finish_faults(expected: Reading, got: Reading) -> list[str]:
    """The finish reason clients act on: calls are announced by it, whatever the vendor called them."""
    ending = expected.answer.ending
    if ending == FAILED:
        return []
    words = {"incomplete:max_output_tokens": {"length"}, "incomplete:content_filter": {"content_filter"}}.get(ending)
    if words is None and ending == COMPLETED:
        words = {"tool_calls", "function_call"} if expected.answer.calls else {"stop"}
    if words is not None and got.finish not in words:
        return [f"finish reason: expected {' or '.join(sorted(words))}, got {got.finish}"]
    return []
