"""One counting process, seen from the gateway.

Rules of this file: one batch is under way at a time, the caller sees to that; giving up waiting leaves the process
usable, because a count that comes late is told by its number.  Starting happens in a thread: a fork would hold the
event loop for 20 ms in a large process (measured).
"""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Sequence
from typing import Final

import msgspec

from codex_proxy.counting.wire import READY, Batch, Chunk, Counts, FrameReader, decode_counts, encode_frame

STOP_SECONDS: Final = 2.0
YIELDING: Final = 10  # added to the nice value: on a busy machine streams go first

_READ_BYTES: Final = 1 << 16


class WorkerGone(Exception):
    """The counting process ended, or could not be started."""


class WorkerProcess:
    """A started process; make it with ``start_worker``, end it with ``stop``."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        requests: asyncio.WriteTransport,
        replies: asyncio.ReadTransport,
        reader: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._requests = requests
        self._replies = replies
        self._reader = reader
        self._frames = FrameReader()
        self._number = 0
        self._is_ready = False
        self._is_closed = False

    @property
    def process_id(self) -> int:
        """The operating system's number."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it runs and takes batches."""
        return not self._is_closed and self._process.poll() is None

    async def become_ready(self) -> None:
        """Wait until its vocabulary is loaded; at once when it is.

        Raises:
            WorkerGone: it ended.
        """
        while not self._is_ready:
            self._is_ready = READY in await self._told()

    async def count(self, chunks: Sequence[Chunk]) -> tuple[int, ...]:
        """Tokens or pages of each chunk; call it once the process is ready.

        Raises:
            WorkerGone: it ended.
        """
        if not self.usable:
            raise WorkerGone("the counting process has ended")
        self._number += 1
        self._requests.write(encode_frame(Batch(self._number, tuple(chunks))))
        while True:
            for told in await self._told():
                if told.number == self._number:
                    return told.counts

    def dismiss(self) -> None:
        """Let it end by itself, and be reaped, in the background."""
        self._close_pipes()
        asyncio.get_running_loop().run_in_executor(None, self._process.wait)

    async def stop(self) -> None:
        """End it, by force if it does not go; returns when it is gone."""
        self._close_pipes()
        await asyncio.to_thread(_end, self._process, STOP_SECONDS)

    async def kill(self) -> None:
        """End it by force; returns when it is gone."""
        self._close_pipes()
        await asyncio.to_thread(_end, self._process, 0)

    async def _told(self) -> list[Counts]:
        arrived = await self._reader.read(_READ_BYTES)
        if not arrived:
            self._close_pipes()  # its end shows here before the system lets us see that it has ended
            raise WorkerGone("the counting process ended")
        try:
            return [decode_counts(frame) for frame in self._frames.feed(arrived)]
        except msgspec.DecodeError as error:
            self._close_pipes()
            raise WorkerGone(f"the counting process said something else: {error}") from error

    def _close_pipes(self) -> None:
        self._is_closed = True
        if not self._requests.is_closing():  # asyncio's own transport fails when aborted twice
            self._requests.abort()
        self._replies.close()


async def start_worker(command: Sequence[str]) -> WorkerProcess:
    """Start ``command``, which has to serve batches on its standard streams.

    Raises:
        WorkerGone: it cannot be started.
    """
    loop = asyncio.get_running_loop()
    spawning = loop.run_in_executor(None, _spawn, command)
    try:
        process = await asyncio.shield(spawning)
    except OSError as error:
        raise WorkerGone(f"the counting process cannot be started: {error}") from error
    except asyncio.CancelledError:
        spawning.add_done_callback(_abandon)
        raise
    reader = asyncio.StreamReader()
    replies, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
    requests, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
    return WorkerProcess(process, requests=requests, replies=replies, reader=reader)


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start it away from our terminal, whose interrupts it would get as well, and behind our streams.

    It is made to yield from here and not by itself: loading its modules is most of what it computes at the start.
    """
    process = subprocess.Popen(  # noqa: S603 - the command is bootstrap's, nothing in it comes from a request
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
    )
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + YIELDING)
    return process


def _abandon(spawning: "asyncio.Future[subprocess.Popen[bytes]]") -> None:
    if spawning.cancelled() or spawning.exception() is not None:
        return
    process = spawning.result()
    process.kill()
    process.communicate()


def _end(process: subprocess.Popen[bytes], patience_seconds: float) -> None:
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
