"""Jobs begin, tell how far they are, and end in one of three ways."""

import asyncio
import itertools

import pytest

from codex_proxy.operations.jobs_book import (
    MOST_REMEMBERED,
    MOST_RUNNING,
    Job,
    JobBook,
    JobFailed,
    JobState,
    Progress,
    Ticket,
    TooManyJobs,
)
from tests.gateway.scene import NOW, FakeClock
from tests.waiting import until


class Scene:
    def __init__(self, **options: float) -> None:
        self.clock, self.complaints = FakeClock(), list[str]()
        numbers = itertools.count(1)
        self.book = JobBook(
            clock=self.clock,
            new_id=lambda: f"job-{next(numbers)}",
            complain=lambda what, error: self.complaints.append(f"{what}: {error}"),
            **options,
        )
        self.gate = asyncio.Event()

    async def counted(self, ticket: Ticket) -> str:
        """Two steps of work with a gate between them."""
        ticket.tell(Progress(done=1, total=2, counts={"good": 1}))
        await self.gate.wait()
        if not ticket.stop_wanted:
            ticket.tell(Progress(done=2, total=2, counts={"good": 2}))
        return "the result"

    async def failing(self, ticket: Ticket) -> None:
        raise JobFailed("the disk is full", {"done": ticket.progress.done})

    async def broken(self, ticket: Ticket) -> None:
        assert ticket.progress.total == 7
        raise KeyError("a secret")

    async def ended(self, job_id: str) -> Job:
        await until(lambda: self.state(job_id) is not JobState.RUNNING)
        found = self.book.job(job_id)
        assert found is not None
        return found

    def state(self, job_id: str) -> JobState:
        found = self.book.job(job_id)
        assert found is not None
        return found.state


async def test_a_job_tells_how_far_it_is_and_then_what_came_of_it() -> None:
    scene = Scene()
    async with scene.book.serving():
        begun = scene.book.start("import", scene.counted, total=2)
        assert begun == Job(id="job-1", kind="import", state=JobState.RUNNING, progress=Progress(total=2), begun_at=NOW)
        await until(lambda: scene.book.jobs()[0].progress.done == 1)
        scene.clock.time += 5
        scene.gate.set()
        ended = await scene.ended("job-1")
        assert (ended.state, ended.result, ended.ended_at) == (JobState.DONE, "the result", NOW + 5)
        assert ended.progress == Progress(done=2, total=2, counts={"good": 2})
        assert [job.result for job in scene.book.jobs()] == [None]


async def test_a_cancelled_job_stops_where_it_can_and_keeps_what_it_did() -> None:
    scene = Scene()
    async with scene.book.serving():
        scene.book.start("import", scene.counted, total=2)
        await until(lambda: scene.book.jobs()[0].progress.done == 1)
        cancelled = scene.book.cancel("job-1")
        assert cancelled is not None
        assert cancelled.state is JobState.RUNNING
        scene.gate.set()
        ended = await scene.ended("job-1")
        assert (ended.state, ended.result, ended.progress.done) == (JobState.CANCELLED, "the result", 1)
        assert scene.book.cancel("job-1") == ended
        assert scene.book.cancel("job-9") is None
        assert scene.book.job("job-9") is None


async def test_a_job_that_is_through_when_it_is_cancelled_is_done() -> None:
    scene = Scene()
    scene.gate.set()
    async with scene.book.serving():
        scene.book.start("import", scene.counted, total=2)
        await scene.ended("job-1")
        scene.book.cancel("job-1")
        assert scene.state("job-1") is JobState.DONE


async def test_a_job_may_fail_and_others_go_on() -> None:
    scene = Scene()
    async with scene.book.serving():
        scene.book.start("import", scene.failing, total=3)
        scene.book.start("import", scene.broken, total=7)
        scene.book.start("import", scene.counted, total=2)
        failed, broken = await scene.ended("job-1"), await scene.ended("job-2")
        assert (failed.state, failed.error, failed.result) == (JobState.FAILED, "the disk is full", {"done": 0})
        assert (broken.state, broken.error) == (JobState.FAILED, "it broke off; the log says why")
        assert scene.complaints == ["job import: 'a secret'"]
        scene.gate.set()
        assert (await scene.ended("job-3")).state is JobState.DONE


async def test_so_many_run_at_once_and_so_many_are_remembered() -> None:
    scene = Scene()
    async with scene.book.serving():
        for _ in range(MOST_RUNNING):
            scene.book.start("import", scene.counted, total=2)
        with pytest.raises(TooManyJobs, match="4 jobs are running"):
            scene.book.start("import", scene.counted, total=2)
        scene.gate.set()
        await scene.ended("job-4")
        for _ in range(MOST_REMEMBERED):
            await scene.ended(scene.book.start("import", scene.counted).id)
        told = [job.id for job in scene.book.jobs()]
        assert (len(told), told[0], told[-1]) == (MOST_REMEMBERED, f"job-{MOST_REMEMBERED + 4}", "job-5")


async def test_at_the_end_jobs_are_asked_to_stop_and_waited_for() -> None:
    scene = Scene()
    async with scene.book.serving():
        scene.book.start("import", scene.counted, total=2)
        await until(lambda: scene.book.jobs()[0].progress.done == 1)
        scene.gate.set()
    assert scene.state("job-1") is JobState.CANCELLED
    with pytest.raises(TooManyJobs):
        scene.book.start("import", scene.counted)


async def test_a_job_that_does_not_stop_in_time_is_cut_off() -> None:
    scene = Scene(stop_seconds=0)
    async with scene.book.serving():
        scene.book.start("import", scene.counted, total=2)
        await until(lambda: scene.book.jobs()[0].progress.done == 1)
    [job] = scene.book.jobs()
    assert (job.state, job.progress.done, job.result) == (JobState.CANCELLED, 1, None)
