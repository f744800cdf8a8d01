"""Acts a performance out: moments to ASGI messages, in time.

Rules of this file: the client's leaving stops the play and is noted; a client that hangs up once it has the terminal
event did nothing unusual (Codex CLI does).  ASGI cannot break a connection that has had no answer yet; a server that
can says how in the extension ``DROP``.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import Frame, SseDecoder, encode_frame
from codex_proxy.protocols.base import HeaderPairs, ServerStream, WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.journal import Entry
from codex_proxy.simulator.script import Close, Cut, Fail, Performance, Raw, Say, Stall, Wait

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

DROP: Final = "simulator.drop"
"""The ASGI extension whose ``drop`` is called without arguments and breaks the connection."""

_BY_SHAPE: Final[dict[str, tuple[str, ...]]] = {
    "done": (".delta",),
    "completed": (".delta", ".added", ".done"),
}
"""Endings of event names that a shape leaves out."""


class Player:
    """Plays one request's answer.

    ``extra`` are headers that go with whatever is answered; ``drop`` breaks the connection.
    """

    def __init__(
        self,
        entry: Entry,
        receive: Receive,
        send: Send,
        *,
        extra: HeaderPairs = (),
        drop: Callable[[], None] | None = None,
    ) -> None:
        self._entry = entry
        self._receive = receive
        self._send = send
        self._extra = extra
        self._drop = drop

    async def play(self, performance: Performance, stream: ServerStream, headers: HeaderPairs) -> None:
        """The whole performance; returns early where the client leaves."""
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(self._play(performance, stream, headers))
            watching = tasks.create_task(self._watch(playing))
            playing.add_done_callback(lambda _: watching.cancel())

    async def reply(self, reply: WireReply) -> None:
        """A whole HTTP answer."""
        await self._start(reply.status, reply.headers)
        self._entry.ended = True
        await self._send({"type": "http.response.body", "body": reply.body, "more_body": False})

    async def relay(self, status: int, headers: HeaderPairs, pieces: Sequence[bytes], *, gap_seconds: float) -> None:
        """Bytes as they are, each piece by itself; the body is not ended."""
        await self._start(status, headers)
        for piece in pieces:
            await self._write(piece, gap_seconds)

    async def end(self) -> None:
        """End the body in good order."""
        self._entry.ended = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def cut(self) -> None:
        """Break the connection before any answer; after the headers, where the server cannot do that."""
        if self._drop is None:
            await self._start(200, (("content-length", "1"),))
            return
        self._drop()
        await self._gone()

    async def stall(self) -> None:
        """Say nothing until the client is gone."""
        await self._gone()
        self._entry.left_early = True

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _watch(self, playing: asyncio.Task[None]) -> None:
        await self._gone()
        if not self._entry.ended:
            self._entry.left_early = True
        playing.cancel()

    async def _play(self, performance: Performance, stream: ServerStream, headers: HeaderPairs) -> None:
        await asyncio.sleep(performance.headers_after_seconds)
        if performance.reply is not None:
            await self.reply(performance.reply)
            return
        await self._start(200, headers)
        for moment in performance.moments:
            match moment:
                case Say() | Raw() | Fail():
                    await self._write(_told_by(moment, stream, performance.shape), performance.gap_seconds)
                    self._entry.ended = _is_end(moment)
                case Wait():
                    await asyncio.sleep(moment.seconds)
                case Stall():
                    await asyncio.Event().wait()
                case Cut():
                    return
                case Close():
                    break
        await self.end()

    async def _start(self, status: int, headers: HeaderPairs) -> None:
        self._entry.status = status
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*headers, *self._extra)]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _write(self, data: bytes, gap_seconds: float) -> None:
        if not data:
            return
        await self._send({"type": "http.response.body", "body": data, "more_body": True})
        await asyncio.sleep(gap_seconds)


def _told_by(moment: Say | Raw | Fail, stream: ServerStream, shape: str) -> bytes:
    match moment:
        case Raw():
            return moment.data
        case Fail():
            return stream.fail(moment.failure)
        case Say():
            told = shaped(stream.encode(moment.events), shape)
            return told + stream.finish() if _is_end(moment) else told


def _is_end(moment: Say | Raw | Fail) -> bool:
    return isinstance(moment, Say) and isinstance(moment.events[-1], ev.ResponseEnded)


def shaped(data: bytes, shape: str) -> bytes:
    """Frames in the form a rule's ``shape`` wants."""
    if shape == "deltas" or not data:
        return data
    left_out = _BY_SHAPE.get(shape, ())
    frames = [frame for frame in SseDecoder().feed(data) if not (frame.event or "").endswith(left_out or ("\0",))]
    return b"".join(_told(frame, empty=shape == "empty_output") for frame in frames)


def _told(frame: Frame, *, empty: bool) -> bytes:
    if not empty or frame.event != "response.completed":
        return encode_frame(frame.data, frame.event)
    members = msgspec.json.decode(frame.data)
    members["response"]["output"] = []
    return encode_frame(encode(members), frame.event)
