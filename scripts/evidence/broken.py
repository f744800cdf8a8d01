"""A recorded stream that breaks off half-way: no client may take it for a whole answer.

Rules of this file: the recording is cut between two frames before the first that says how it ends; the answer must then
end as failed, on every road, in a form that the official SDK raises or reports.
"""

import re
from collections.abc import Iterator

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import UpstreamError
from scripts.evidence.codecs import CALL, CODEC_FAULTS, Pair
from scripts.evidence.readers import oracle
from scripts.evidence.readers.answer import FAILED
from scripts.evidence.readers.reading import Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Recording
from scripts.evidence.retelling import encode, roads

_FRAME_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_SAYS_HOW_IT_ENDS = re.compile(
    rb'"(finish_r|stop_r|finishR)eason" ?: ?"|\[DONE\]|"error" ?: ?[{"]|"response\.(completed|incomplete|failed)"'
    rb"|event: ?error"
)


def half_of(raw: bytes) -> bytes | None:
    """The stream up to a frame border in its middle; None where it ends at once."""
    ends = _SAYS_HOW_IT_ENDS.search(raw)
    borders = [match.end() for match in _FRAME_END.finditer(raw, 0, ends.start() if ends else len(raw))]
    if not borders or (ends is None and len(borders) == 1):
        return None
    return raw[: borders[(len(borders) - 1) // 2]]


def broken_faults(recording: Recording, pair: Pair, sdk: ScriptedSdk) -> Iterator[tuple[str, str]]:
    """Stage and reason of everything that hides the break."""
    half = half_of(recording.raw)
    if half is None:
        return
    try:
        stream = pair.reader.open_stream(CALL)
        steps = [*stream.feed(half), *stream.end()]
        folded = fold(event for step in steps for event in step.events)
    except (*CODEC_FAULTS, UpstreamError) as fault:
        yield "broken off", f"raised {fault!r}"
        return
    ending = folded.ending
    if not isinstance(ending, ev.Failed) or ending.failure.kind is not FailureKind.DISCONNECTED:
        yield "broken off", f"ending: expected a disconnection, got {ending}"
        return
    for road in roads(recording, pair):
        if not road.streamed:
            continue
        stage = f"broken off, {road.name}"
        try:
            content, repairs = encode(road, steps, folded)
        except CODEC_FAULTS as fault:
            yield stage, f"raised {fault!r}"
            continue
        if repairs:
            yield stage, f"the legality machine had to repair {repairs} times"
        try:
            got = oracle.read_official(road.dialect, content, sdk, streamed=True)
        except Rejected as rejected:
            yield stage, f"the SDK rejects what we wrote: {rejected}"
            continue
        if got.answer.ending != FAILED or got.finish is not None:
            yield stage, f"ending: expected {FAILED}, got {got.answer.ending}"
