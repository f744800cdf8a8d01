"""Answers that are handed on as they came: to a client that speaks the upstream's dialect, and whose own body was sent.

Rules of this file: bytes change hands at frame borders only, so that whatever we may have to say fits between them; the
events that the bytes mean are read all the same, since the commit point, the usage and the end depend on them, but for
chunks that certainly hold nothing but more of an answer that has begun.  What is no legal stream any more is not passed
on: it ends in our own words.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.ports import TransportError, UpstreamReply
from codex_proxy.protocols.base import PassedStep, Step, UpstreamError

TAIL_SECONDS: Final = 1.0
"""How long the bytes behind an answer's end are waited for: nothing depends on them."""

_BORDERS: Final = (b"\n\n", b"\r\n\r\n")
_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"
_NO_STREAM: Final = frozenset({FailureKind.GARBLED, FailureKind.DISCONNECTED})


def comes_whole(is_expected: bool | None, headers: Mapping[str, str]) -> bool:  # noqa: FBT001 - a fact of the plan
    """Whether one body comes: where it is expected and no stream is announced, and where JSON is announced anyway."""
    if is_expected is None:
        return False
    told = headers.get("content-type", "").lower()
    return told.startswith(_JSON) or (is_expected and not told.startswith(_STREAM))


async def take_whole(plan: AttemptPlan, reply: UpstreamReply, delivery: Delivery) -> None:
    """Take an answer that is one body; raises as reading does."""
    pieces: list[bytes] = []
    size_bytes = 0
    while piece := await reply.read():
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > DEFAULT_LIMIT_BYTES:
            told = f"the upstream's answer exceeds {DEFAULT_LIMIT_BYTES} bytes"
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=told))
    body = b"".join(pieces)
    events = tuple(plan.codec.parse_response(plan.call, body))
    if plan.passes and plan.is_whole:
        delivery.take([PassedStep(body, events)])
        return
    steps: Sequence[Step] = [Step(None, events)]
    if plan.stop is not None:
        steps = plan.stop.apply(steps)
    if plan.pictures is not None:
        steps = await plan.pictures.apply(steps)
    if ready := delivery.take(steps):
        await plan.deliver(ready)


async def pass_on(plan: AttemptPlan, reply: UpstreamReply, delivery: Delivery) -> None:
    """Hand a stream on, frame by frame; raises as reading does."""
    stream, frames = plan.codec.open_stream(plan.call), FrameBorders(plan.call.left_out)
    deltas_count, may_skim = plan.call.deltas_count or _none_for_certain, False
    read, deliver, skimmed = reply.read, plan.deliver, delivery.skimmed
    while delivery.end is None:
        chunk = await read()
        if may_skim and (count := deltas_count(chunk)):
            skimmed(count)
            await deliver((PassedStep(chunk, ()),))
            continue
        steps = stream.feed(chunk) if chunk else stream.end()
        events = tuple([event for step in steps for event in step.events])
        if _is_broken(events):
            # told by us: neither the piece of a frame that is left nor the unreadable one is of use to anybody
            ready = delivery.take([Step(None, events)])
        else:
            ready = delivery.take([PassedStep(frames.feed(chunk) if chunk else frames.end(), events)])
        if ready:
            await deliver(ready)
        if not chunk:
            return
        may_skim = delivery.committed and frames.at_border
        del chunk, steps, events, ready  # nothing of a piece is kept while the next one is waited for
    await _pass_rest(plan, reply, frames, delivery)


async def _pass_rest(plan: AttemptPlan, reply: UpstreamReply, frames: "FrameBorders", delivery: Delivery) -> None:
    with contextlib.suppress(TimeoutError, TransportError):
        async with asyncio.timeout(TAIL_SECONDS):
            while chunk := await reply.read():
                await _pass(plan, frames.feed(chunk), delivery)
    await _pass(plan, frames.end(), delivery)


async def _pass(plan: AttemptPlan, raw: bytes, delivery: Delivery) -> None:
    if raw and (ready := delivery.take([PassedStep(raw, ())])):
        await plan.deliver(ready)


def _none_for_certain(_: bytes) -> int:
    return 0


def _is_broken(events: Sequence[ev.Event]) -> bool:
    """Whether the stream ended because it is none, not because the upstream said so."""
    last = events[-1] if events else None
    return (
        isinstance(last, ev.ResponseEnded)
        and isinstance(last.ending, ev.Failed)
        and last.ending.failure.kind in _NO_STREAM
    )


class FrameBorders:
    """Bytes in, whole frames out, without a look into them; ``left_out`` tells the data of frames to be dropped."""

    __slots__ = ("_left_out", "_pieces", "_tail")

    def __init__(self, left_out: Callable[[bytes], bool] | None = None) -> None:
        self._pieces: list[bytes] = []
        self._tail = b""  # the last bytes of the pieces: a border may lie across chunks
        self._left_out = left_out

    @property
    def at_border(self) -> bool:
        """Whether no piece of a frame is kept."""
        return not self._pieces

    def feed(self, chunk: bytes) -> bytes:
        """The frames that this chunk completes, as they came."""
        if not self._pieces and chunk.endswith(_BORDERS[0]):
            return self._shown(chunk)
        looked_at = self._tail + chunk
        cut = max(_after_last(looked_at, border) for border in _BORDERS) - len(self._tail)
        if cut <= 0:
            self._pieces.append(chunk)
            self._keep(self._pieces, looked_at)
            return b""
        whole = b"".join([*self._pieces, chunk[:cut]])
        rest = chunk[cut:]
        self._keep([rest] if rest else [], rest)
        return self._shown(whole)

    def end(self) -> bytes:
        """What is left at the end of the stream, whose last frame may lack its border."""
        rest = b"".join(self._pieces)
        self._keep([], b"")
        return self._shown(rest)

    def _keep(self, pieces: list[bytes], last: bytes) -> None:
        self._pieces = pieces
        self._tail = last[1 - len(_BORDERS[1]) :]

    def _shown(self, frames: bytes) -> bytes:
        if self._left_out is None or not frames:
            return frames
        border = _BORDERS[1] if _BORDERS[1] in frames else _BORDERS[0]
        kept = [frame for frame in frames.split(border) if not self._is_left_out(frame)]
        return border.join(kept)

    def _is_left_out(self, frame: bytes) -> bool:
        data = frame.lstrip()
        return self._left_out is not None and data.startswith(b"data:") and self._left_out(data[5:])


def _after_last(data: bytes, border: bytes) -> int:
    found = data.rfind(border)
    return -1 if found < 0 else found + len(border)
