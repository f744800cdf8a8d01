"""The streaming responder: steps of an answer to bytes on the wire.

Rules of this file: the status goes out with the first content, or after a grace without any, so that early failures
become real HTTP errors; one write per delivered batch; silence is filled with the dialect's own heartbeat.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.protocols.base import AnyStep, PassedStep, ServerStream
from codex_proxy.server.asgi import ClientGone, Send, send_message

STREAM_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


FIRST_SAMPLE: Final = 2  # the gap before the second piece
SAMPLED_EVERY: Final = 8  # gaps are seen at the price of a subtraction for each piece, a tenth of a microsecond


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: how long the status may wait for content, and how long silence may last."""

    first_byte_grace_seconds: float = 2.0
    heartbeat_seconds: float = 15.0  # tunnels close idle streams after 30-60 s; half of the lower bound


class StreamResponder:
    """Writes one streamed answer.  ``gap_seen`` hears of some of the seconds between two pieces of it."""

    __slots__ = (
        "_delivered_at",
        "_gap_seen",
        "_headers",
        "_last_write",
        "_monotonic",
        "_pace",
        "_passes",
        "_send",
        "_until_sample",
        "status_sent",
        "stream",
    )

    def __init__(
        self,
        *,
        stream: ServerStream,
        send: Send,
        headers: Callable[[], Mapping[str, str]],
        pace: Pace,
        monotonic: Callable[[], float],
        gap_seen: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.stream = stream
        self._send = send
        self._headers = headers
        self._pace = pace
        self._monotonic = monotonic
        self._gap_seen = gap_seen
        self._last_write = self._delivered_at = monotonic()
        self._until_sample = FIRST_SAMPLE
        self._passes = False
        self.status_sent = False

    async def deliver(self, steps: Sequence[AnyStep]) -> None:
        """Encode a batch, unless it came in the client's own words, and write it at once."""
        if len(steps) == 1 and isinstance(step := steps[0], PassedStep):
            self._passes, written = True, step.raw
        else:
            written = b"".join([self._told(step) for step in steps])
        if not written:
            return
        if not self.status_sent:
            await self._start()
        now = self._monotonic()
        self._until_sample -= 1
        if not self._until_sample:
            self._until_sample = SAMPLED_EVERY
            self._gap_seen(now - self._delivered_at)
        self._last_write = self._delivered_at = now
        try:
            await self._send({"type": "http.response.body", "body": written, "more_body": True})
        except (RuntimeError, OSError) as error:  # as in ``send_message``, one coroutine less for each token
            raise ClientGone from error

    async def finish(self) -> None:
        """Close the answer after its last step; one that was passed on has told its own end."""
        await self._write(b"" if self._passes else self.stream.finish(), more=False)

    async def fail(self, failure: Failure) -> None:
        """Close the answer with the dialect's error frame."""
        await self._write(self.stream.fail(failure), more=False)

    async def keep_alive(self) -> None:
        """Send the status when the grace is over and fill silence from then on; runs until cancelled."""
        await asyncio.sleep(self._pace.first_byte_grace_seconds)
        if not self.status_sent:
            await self._write(self.stream.heartbeat())
        while True:
            silence = self._monotonic() - self._last_write
            if silence >= self._pace.heartbeat_seconds:
                await self._write(self.stream.heartbeat())
                silence = 0.0
            await asyncio.sleep(self._pace.heartbeat_seconds - silence)

    def _told(self, step: AnyStep) -> bytes:
        self._passes = isinstance(step, PassedStep)
        return step.raw if isinstance(step, PassedStep) else self.stream.encode(step.events, step.frame)

    async def _start(self) -> None:
        self.status_sent = True
        headers = {"content-type": self.stream.content_type, **STREAM_HEADERS, **self._headers()}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send_message(self._send, {"type": "http.response.start", "status": 200, "headers": raw})

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        self._last_write = self._monotonic()
        if not self.status_sent:
            await self._start()
        await send_message(self._send, {"type": "http.response.body", "body": body, "more_body": more})
