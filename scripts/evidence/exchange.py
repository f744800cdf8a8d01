"""One recorded exchange through our codecs, every result held against a reader that is not ours.

Rules of this file: the expected value never comes from our own fold; a codec that raises is a miss like any other.
Stages: ``request`` parse, ``decode`` events and fold, ``chunking`` other borders give the same events, ``broken off``
half the stream, ``error`` HTTP errors, ``headers`` counters in headers; the rest are the roads of ``retelling``.
"""

import itertools
import random
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Step, UpstreamError
from scripts.evidence.anthropic import checking as anthropic
from scripts.evidence.broken import broken_faults
from scripts.evidence.codecs import CALL, CODEC_FAULTS, Pair, asked_body
from scripts.evidence.failures import check_failure, check_headers
from scripts.evidence.gemini import checking as gemini
from scripts.evidence.ollama import checking as ollama
from scripts.evidence.openai import checking as openai
from scripts.evidence.readers.answer import Answer, differences, of_response
from scripts.evidence.readers.reading import SDK_FAULTS, Rejected
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Form, Recording, header_map
from scripts.evidence.retelling import Told, Witness, retelling_faults

_WITNESSES = {
    Dialect.OPENAI_CHAT: openai.CHAT,
    Dialect.OPENAI_RESPONSES: openai.RESPONSES,
    Dialect.CODEX: openai.RESPONSES,
    Dialect.ANTHROPIC: anthropic.WITNESS,
    Dialect.GEMINI: gemini.WITNESS,
    Dialect.OLLAMA: ollama.WITNESS,
}
_CUTS = 40  # about as many network chunks as a long answer comes in


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


def check(recording: Recording, pair: Pair, readers: Readers, *, seed: int = 0) -> Row:
    """Everything one recording can show."""
    row = Row(recording=recording)
    witness = _WITNESSES[recording.dialect]
    match recording.form:
        case Form.ERROR:
            row.source = "SDK exception"
            row.miss("error", *check_failure(recording, pair, witness.errors, readers))
        case Form.STREAM | Form.WHOLE:
            _check_answer(row, pair, readers, seed)
        case Form.HEADERS:
            row.source = "recorded headers"
            row.miss("headers", *check_headers(recording, pair))
        case Form.OTHER:
            pass
    return row


def _check_answer(row: Row, pair: Pair, readers: Readers, seed: int) -> None:
    recording = row.recording
    witness = _WITNESSES[recording.dialect]
    try:
        expected = readers.recorded(recording)
    except (*SDK_FAULTS, Rejected) as fault:
        row.miss("oracle", f"no reader understands this answer: {fault!r}")
        return
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
    row.miss("decode", *order_faults(events), *_differences(expected.answer, folded, witness))
    if recording.form is Form.STREAM:
        row.miss("chunking", *_chunking_faults(recording, pair, events))
        for stage, reason in broken_faults(recording, pair, witness, readers):
            row.miss(stage, reason)
    row.miss("request", *_request_faults(recording, witness.server(recording) if witness.server else pair.server))
    told = Told(expected=expected, steps=steps, folded=folded)
    for stage, reason in retelling_faults(witness.roads(recording, pair), told, readers, witness.faults):
        row.miss(stage, reason)


def _differences(expected: Answer, folded: Response, witness: Witness) -> list[str]:
    return differences(
        expected,
        of_response(folded),
        one_thought=witness.one_thought,
        parsed_arguments=witness.parsed_arguments,
    )


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
    return [raw[start:end] for start, end in itertools.pairwise(borders)]


def order_faults(events: list[ev.Event]) -> list[str]:
    """Rules of the event vocabulary that this answer breaks."""
    faults: list[str] = []
    first = next((event for event in events if not isinstance(event, ev.RateLimitsObserved)), None)
    if not isinstance(first, ev.ResponseStarted):  # the Codex backend tells its counters before the answer begins
        faults.append("event order: the first event is not ResponseStarted")
    if not events or not isinstance(events[-1], ev.ResponseEnded):
        faults.append("event order: the last event is not ResponseEnded")
    names = Counter(type(event).__name__ for event in events)
    once = ("ResponseStarted", "ResponseEnded")
    faults.extend(f"event order: {names[name]} times {name}" for name in once if names[name] != 1)
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


def _request_faults(recording: Recording, server: ServerCodec) -> list[str]:
    """What was asked and answered must be legal to ask of us."""
    if recording.asked is None:
        return []
    headers = header_map(recording.request.get("headers"))
    try:
        server.parse_request(msgspec.json.encode(asked_body(recording.dialect, recording.asked)), headers=headers)
    except InvalidRequest as refusal:
        return [f"refused: {refusal}"]
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    return []
