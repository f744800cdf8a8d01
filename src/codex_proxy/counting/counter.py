"""The counter: asks a counting process that it starts when needed, and remembers what it was told.

Rules of this file: one process, one batch at a time, first come first served; a count that does not come in time is
None, never an error.  A process that ends is replaced once within a count; one that is stuck is killed; after a
count that failed none is tried for a while.  An idle process goes, and takes its 130 MB with it.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from codex_proxy.counting.chunks import Part, batches_of
from codex_proxy.counting.memo import CountMemo
from codex_proxy.counting.process import WorkerGone, WorkerProcess, start_worker
from codex_proxy.usage.counting.plan import Passage

# -P: a file in the working folder must not be taken for a module.
WORKER_COMMAND: Final = (sys.executable, "-P", "-m", "codex_proxy.counting.worker")


class WorkerStuck(Exception):
    """The counting process did not answer in time."""


class CounterLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much.

    ``answer_seconds`` is what a count may take in all, ``start_seconds`` what the process may until it is ready,
    ``batch_seconds`` what it may for a batch then; ``rest_seconds`` is the pause after a failure, ``waiting_count``
    bounds the counts under way.
    """

    answer_seconds: float = 10.0
    start_seconds: float = 60.0  # a second of computing, on a busy machine at the lowest priority
    batch_seconds: float = 5.0
    idle_seconds: float = 300.0
    rest_seconds: float = 30.0
    waiting_count: int = 256
    remembered_count: int = 20_000


class ProcessCounter:
    """Implements ``PassageCounter``.

    ``monotonic`` reads seconds that never jump, ``complain`` hears of failures, ``command`` starts the process.  Call
    ``close`` at the end.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        complain: Callable[[str, Exception], None],
        command: Sequence[str] = WORKER_COMMAND,
        limits: CounterLimits | None = None,
    ) -> None:
        self._command = command
        self._monotonic = monotonic
        self._complain = complain
        self._limits = limits or CounterLimits()
        self._memo = CountMemo(self._limits.remembered_count)
        self._turn = asyncio.Lock()
        self._waiting_count = 0
        self._resting_until = 0.0
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._ready_by = 0.0
        self.worker: WorkerProcess | None = None

    async def count(self, passages: Sequence[Passage]) -> list[int | None]:
        """See ``PassageCounter``."""
        known = {passage.digest: self._memo.get(passage.digest) for passage in passages}
        unknown = {passage.digest: passage for passage in passages if known[passage.digest] is None}
        if unknown and self._takes_more():
            await self._learn(tuple(unknown.values()))
            known |= {digest: self._memo.get(digest) for digest in unknown}
        return [known[passage.digest] for passage in passages]

    async def close(self) -> None:
        """End the process; later counts are None unless they are remembered."""
        self._closed = True
        await self._end_worker()
        async with self._turn:  # one that was just being started
            await self._end_worker()

    def _takes_more(self) -> bool:
        resting = self._monotonic() < self._resting_until
        return not self._closed and not resting and self._waiting_count < self._limits.waiting_count

    async def _learn(self, passages: Sequence[Passage]) -> None:
        self._waiting_count += 1
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._learn_all(passages)
        except TimeoutError as error:
            self._complain("token counting took too long", error)
        except (WorkerGone, WorkerStuck) as error:
            self._resting_until = self._monotonic() + self._limits.rest_seconds
            if not self._closed:
                self._complain("token counting", error)
        finally:
            self._waiting_count -= 1

    async def _learn_all(self, passages: Sequence[Passage]) -> None:
        sums = [0] * len(passages)
        learnt: set[int] = set()  # by somebody else meanwhile: their other parts need no counting
        for batch in batches_of(passages):
            async with self._turn:
                learnt.update(part.passage_index for part in batch if passages[part.passage_index].digest in self._memo)
                parts = [part for part in batch if part.passage_index not in learnt]
                counts = await self._ask(parts) if parts else ()
            for part, count in zip(parts, counts, strict=True):
                sums[part.passage_index] += count
                if part.is_last:
                    self._memo.put(passages[part.passage_index].digest, sums[part.passage_index])

    async def _ask(self, parts: Sequence[Part]) -> tuple[int, ...]:
        try:
            return await self._ask_once(parts)
        except WorkerGone:
            return await self._ask_once(parts)

    async def _ask_once(self, parts: Sequence[Part]) -> tuple[int, ...]:
        self._stay_awake()
        worker = await self._ready_worker()
        try:
            async with asyncio.timeout_at(self._ready_by):
                await worker.become_ready()
            async with asyncio.timeout(self._limits.batch_seconds):
                return await worker.count([part.chunk for part in parts])
        except TimeoutError:
            await worker.kill()
            raise WorkerStuck("the counting process did not answer in time") from None
        finally:
            if worker.usable:
                self._idle = asyncio.get_running_loop().call_later(self._limits.idle_seconds, worker.dismiss)

    async def _ready_worker(self) -> WorkerProcess:
        if self.worker is not None and not self.worker.usable:
            await self._end_worker()
        if self._closed:
            raise WorkerGone("the gateway is stopping")
        if self.worker is None:
            self._ready_by = asyncio.get_running_loop().time() + self._limits.start_seconds
            self.worker = await start_worker(self._command)
        return self.worker

    async def _end_worker(self) -> None:
        self._stay_awake()
        if self.worker is not None:
            await self.worker.stop()
            self.worker = None

    def _stay_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
