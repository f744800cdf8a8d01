"""One recorded answer told in every dialect, streamed and whole, and read by that dialect's official SDK.

Rules of this file: the expected facts are the upstream's own SDK's, reduced to what the target can say; a codec that
raises, or whose legality machine had to repair, is a miss like any other.  Raw frames go to clients of the upstream's
family, as the gateway hands them out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from codex_proxy.canonical.blocks import Thinking
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import ServerCodec, Step, UpstreamError
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from scripts.evidence.codecs import CODEC_FAULTS, Pair
from scripts.evidence.cross.sayable import compared, finish_faults
from scripts.evidence.exchange import Miss, decode
from scripts.evidence.readers.answer import FAILED, Answer, differences
from scripts.evidence.readers.reading import SDK_FAULTS, Rejected
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Form, Recording
from scripts.evidence.retelling import Road, encode

_ASKED = {
    Dialect.OPENAI_CHAT: b'{"model":"m","messages":[{"role":"user","content":"x"}],'
    b'"stream":true,"stream_options":{"include_usage":true}}',
    Dialect.OPENAI_RESPONSES: b'{"model":"m","input":"x","stream":true}',
    Dialect.ANTHROPIC: b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],'
    b'"thinking":{"type":"adaptive"},"stream":true}',
    Dialect.GEMINI: b'{"contents":[{"parts":[{"text":"x"}]}],'
    b'"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}',
    Dialect.OLLAMA: b'{"model":"m","messages":[{"role":"user","content":"x"}],"think":true}',
}
TARGETS = tuple(_ASKED)


@dataclass(slots=True, kw_only=True)
class Crossing:
    """What became of one recording on its way to clients of one dialect; ``source`` names the reader it was held to."""

    recording: Recording
    target: Dialect
    source: str
    misses: list[Miss] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    expected: Answer
    steps: list[Step]
    folded: Response


def crossings(recording: Recording, pairs: dict[Dialect, Pair], readers: Readers, *, seed: int) -> Iterator[Crossing]:
    """The recording on its way to every dialect; nothing where it holds no answer."""
    if recording.form not in {Form.STREAM, Form.WHOLE}:
        return
    source, fault, decoded = "", "", None
    try:
        expected = readers.recorded(recording)
        source = expected.source
        decoded = _decoded(recording, expected.answer, pairs[recording.dialect], seed)
    except (*SDK_FAULTS, Rejected) as raised:
        fault = f"no reader understands this answer: {raised!r}"
    except (*CODEC_FAULTS, UpstreamError) as raised:
        fault = f"raised {raised!r}"
    for target in TARGETS:
        crossing = Crossing(recording=recording, target=target, source=source)
        if decoded is None:
            crossing.misses.append(Miss(stage="decode", reason=fault))
        else:
            crossing.misses += [
                Miss(stage=road.name, reason=reason)
                for road in _roads(target, pairs, recording)
                for reason in _faults(road, decoded, readers)
            ]
        yield crossing


def _decoded(recording: Recording, expected: Answer, pair: Pair, seed: int) -> _Decoded:
    steps = decode(recording, pair, seed)
    folded = fold(event for step in steps for event in step.events)
    return _Decoded(expected=_without_raw(expected, folded), steps=steps, folded=folded)


def _without_raw(answer: Answer, folded: Response) -> Answer:
    """Raw thoughts are told only where there is no summary; only the Responses dialect has both."""
    blocks = [part.block for part in folded.parts]
    raw = [text for block in blocks if isinstance(block, Thinking) and block.summary for text in block.content]
    return replace(answer, reasoning=tuple(part for part in answer.reasoning if part not in raw)) if raw else answer


def _roads(target: Dialect, pairs: dict[Dialect, Pair], recording: Recording) -> Iterator[Road]:
    for name, streamed in (("stream", True), ("whole", False)):
        server = _server(target, pairs, streamed=streamed)
        relayed = streamed and recording.form is Form.STREAM and recording.dialect.family is target
        yield Road(
            name=f"across to {target}, {'relayed' if relayed else name}",
            dialect=target,
            server=server,
            request=_request(server, target),
            streamed=streamed,
            relayed=relayed,
        )


def _server(target: Dialect, pairs: dict[Dialect, Pair], *, streamed: bool) -> ServerCodec:
    if target is Dialect.GEMINI:
        return GeminiServer(model="m", verb=Verb.STREAM if streamed else Verb.GENERATE)
    return pairs[target].server


def _request(server: ServerCodec, target: Dialect) -> Request:
    return server.parse_request(_ASKED[target], headers={}).request


def _faults(road: Road, decoded: _Decoded, readers: Readers) -> list[str]:
    if decoded.expected.ending == FAILED and not road.streamed:
        return []  # an HTTP error; its wording is the error check's matter
    try:
        content, repairs = encode(road, decoded.steps, decoded.folded)
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    found = [f"the legality machine had to repair {repairs} times"] if repairs else []
    try:
        got = readers.told(road.dialect, content, streamed=road.streamed)
    except (*SDK_FAULTS, Rejected) as rejected:
        return [*found, f"the SDK rejects what we wrote: {rejected}"]
    wanted, told = compared(decoded.expected, got.answer, road.dialect)
    return [*found, *differences(wanted, told, one_thought=True), *finish_faults(wanted, got, road.dialect)]
