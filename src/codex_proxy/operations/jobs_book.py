"""Jobs: long work that somebody asked for, told about while it runs and for a while after.

Rules of this file: bounded, in what runs at once and in what is remembered; all of it is gone after a restart.  A job
is asked to stop and stops where it can, so that nothing is torn in the middle.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.gateway.ports import Clock

MOST_RUNNING: Final = 4
MOST_REMEMBERED: Final = 32
STOP_SECONDS: Final = 20.0


class JobState(StrEnum):
    """How far a job is; the last three are ends."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a job is done; ``counts`` says what became of it, by the job's own words."""

    done: int = 0
    total: int = 0
    counts: Mapping[str, int] = {}


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is now; times are epoch seconds.

    ``result`` is there at the end, in the shape of whatever the job is (``kind``); ``error`` says why it failed.
    """

    id: str
    kind: str
    state: JobState
    progress: Progress
    begun_at: float
    ended_at: float | None = None
    error: str | None = None
    result: Any = None


class Ticket:
    """What the work tells of itself, and whether it is to stop."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.stop_wanted = False

    def tell(self, progress: Progress) -> None:
        """So far it is."""
        self.progress = progress


Work: TypeAlias = Callable[[Ticket], Awaitable[Any]]
"""Does a job and gives its result; looks at ``stop_wanted`` now and then."""


class JobFailed(Exception):
    """The work could not go on; what it did until then is in ``result``."""

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class TooManyJobs(Exception):
    """So many jobs are running that another one cannot begin now."""


class _Entry:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.ticket = Ticket()


class JobBook:
    """All jobs.  They run while ``serving`` is entered, and get ``stop_seconds`` at its end."""

    def __init__(
        self,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        complain: Callable[[str, Exception], None],
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self._stop_seconds = stop_seconds
        self._clock = clock
        self._new_id = new_id
        self._complain = complain
        self._entries: dict[str, _Entry] = {}
        self._group: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Run jobs while the block runs; at its end they are asked to stop and waited for."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None
                for entry in self._entries.values():
                    entry.ticket.stop_wanted = True
                if self._running:
                    await asyncio.wait(self._running, timeout=self._stop_seconds)
                for task in self._running:
                    task.cancel()

    def start(self, kind: str, work: Work, *, total: int = 0) -> Job:
        """Begin a job; ``total`` is how much there is to do.

        Raises:
            TooManyJobs: enough are running.
        """
        if self._group is None or len(self._running) >= MOST_RUNNING:
            raise TooManyJobs(f"{len(self._running)} jobs are running; wait for one to end or cancel one")
        entry = _Entry(
            Job(
                id=self._new_id(),
                kind=kind,
                state=JobState.RUNNING,
                progress=Progress(total=total),
                begun_at=self._clock.now(),
            )
        )
        entry.ticket.tell(entry.job.progress)
        self._entries[entry.job.id] = entry
        self._forget_oldest()
        task = self._group.create_task(self._run(entry, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return entry.job

    def jobs(self) -> tuple[Job, ...]:
        """Every job that is remembered, newest first, without their results."""
        return tuple(msgspec.structs.replace(_seen(entry), result=None) for entry in reversed(self._entries.values()))

    def job(self, job_id: str) -> Job | None:
        """One job; None where nothing is known of it."""
        entry = self._entries.get(job_id)
        return None if entry is None else _seen(entry)

    def cancel(self, job_id: str) -> Job | None:
        """Ask a job to stop; one that has ended stays as it is."""
        entry = self._entries.get(job_id)
        if entry is None:
            return None
        entry.ticket.stop_wanted = True
        return _seen(entry)

    async def _run(self, entry: _Entry, work: Work) -> None:
        try:
            result = await work(entry.ticket)
        except JobFailed as error:
            self._end(entry, JobState.FAILED, error=str(error), result=error.result)
        except asyncio.CancelledError:
            self._end(entry, JobState.CANCELLED)
            raise
        except Exception as error:  # noqa: BLE001 - the job runner: one defect must not end every other job
            self._complain(f"job {entry.job.kind}", error)
            self._end(entry, JobState.FAILED, error="it broke off; the log says why")
        else:
            progress = entry.ticket.progress
            stopped = entry.ticket.stop_wanted and progress.done < progress.total
            self._end(entry, JobState.CANCELLED if stopped else JobState.DONE, result=result)

    def _end(self, entry: _Entry, state: JobState, *, error: str | None = None, result: Any = None) -> None:
        ended = msgspec.structs.replace(
            _seen(entry), state=state, ended_at=self._clock.now(), error=error, result=result
        )
        entry.job = ended

    def _forget_oldest(self) -> None:
        ended = [job_id for job_id, entry in self._entries.items() if entry.job.state is not JobState.RUNNING]
        for job_id in ended[: max(0, len(self._entries) - MOST_REMEMBERED)]:
            del self._entries[job_id]


def _seen(entry: _Entry) -> Job:
    return msgspec.structs.replace(entry.job, progress=entry.ticket.progress)
