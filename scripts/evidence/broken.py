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
from scripts.evidence.readers.answer import FAILED, Answer
from scripts.evidence.readers.reading import Reading
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Recording
from scripts.evidence.retelling import Road, Told, Witness, retelling_faults

_BROKEN = Reading(answer=Answer(ending=FAILED), source="the break")
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


def broken_faults(recording: Recording, pair: Pair, witness: Witness, readers: Readers) -> Iterator[tuple[str, str]]:
    """Stage and reason of everything that hides the break."""
    half = witness.half(recording.raw)
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
    told = Told(expected=_BROKEN, steps=steps, folded=folded)
    for road, reason in retelling_faults(witness.roads(recording, pair), told, readers, _ending_faults):
        yield f"broken off, {road}", reason


def _ending_faults(_road: Road, got: Reading, _told: Told) -> list[str]:
    if got.answer.ending == FAILED and got.finish is None:
        return []
    return [f"ending: expected {FAILED}, got {got.answer.ending}"]
