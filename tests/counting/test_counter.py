"""The counter: counts come, are remembered, and when they cannot come, that is told and nothing waits."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import bpe_openai
import pytest

from codex_proxy.counting.counter import WORKER_COMMAND, CounterLimits, ProcessCounter
from tests.counting.stand_ins import passages, pdf_passage, stand_in
from tests.waiting import until


class Case:
    """A counter with a stand-in, a clock that is set by hand, and ears for complaints."""

    def __init__(self, diary: Path, command: Sequence[str] | None, limits: dict[str, Any]) -> None:
        self._diary = diary
        self.time = 1000.0
        self.complaints: list[str] = []
        self.counter = ProcessCounter(
            monotonic=lambda: self.time,
            complain=lambda where, error: self.complaints.append(f"{where}: {error}"),
            command=command or stand_in(diary),
            limits=CounterLimits(**limits),
        )

    async def count(self, *texts: str) -> list[int | None]:
        return await self.counter.count(passages(*texts))

    @property
    def diary(self) -> list[str]:
        return self._diary.read_text().split("\n")[:-1]


Stage: TypeAlias = Callable[..., AbstractAsyncContextManager[Case]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    @asynccontextmanager
    async def made(command: Sequence[str] | None = None, **limits: Any) -> AsyncIterator[Case]:
        case = Case(tmp_path / "diary", command, limits)
        try:
            yield case
        finally:
            await case.counter.close()

    return made


async def test_no_process_is_started_before_something_is_counted(stage: Stage) -> None:
    async with stage() as case:
        assert await case.count() == []
        assert case.counter.worker is None
        assert await case.count("abc", "d") == [3, 1]
    assert case.diary == ["started", "counted 2", "ended"]


async def test_what_was_counted_is_not_counted_again(stage: Stage) -> None:
    async with stage() as case:
        assert await case.count("abc", "abc") == [3, 3]
        assert await case.count("abc", "de") == [3, 2]
        assert await case.count("de") == [2]
    assert case.diary == ["started", "counted 1", "counted 1", "ended"]


async def test_what_somebody_else_waits_for_is_counted_once(stage: Stage) -> None:
    async with stage() as case:
        assert await asyncio.gather(*(case.count("same", "also") for _ in range(25))) == [[4, 4]] * 25
    assert case.diary == ["started", "counted 2", "ended"]


async def test_counts_are_forgotten_beyond_the_limit(stage: Stage) -> None:
    async with stage(remembered_count=2) as case:
        for text in ("a", "bb", "ccc", "a"):
            assert await case.count(text) == [len(text)]
    assert case.diary.count("counted 1") == 4


async def test_a_text_of_many_batches_is_one_count_and_lets_others_pass(stage: Stage) -> None:
    long = "word " * 400_000
    async with stage() as case:
        finished: list[str] = []

        async def count(name: str, text: str) -> None:
            assert await case.count(text) == [len(text)]
            finished.append(name)

        await asyncio.gather(count("long", long), count("short", "abc"))
    assert finished == ["short", "long"]


async def test_a_crash_is_made_good_with_a_new_process(stage: Stage) -> None:
    async with stage() as case:
        assert await case.count("die once", "abc") == [8, 3]
    assert case.diary == ["started", "died", "started", "counted 2", "ended"]
    assert case.complaints == []


async def test_after_two_crashes_nothing_is_counted_for_a_while_and_then_again(stage: Stage) -> None:
    async with stage(rest_seconds=30) as case:
        assert await case.count("abc") == [3]
        assert await case.count("die always", "abc") == [None, 3]
        assert await case.count("abcd") == [None]
        case.time += 31
        assert await case.count("abcd") == [4]
    assert case.complaints == ["token counting: the counting process ended"]
    assert case.diary.count("started") == 3


async def test_a_process_that_cannot_be_started_costs_no_answer(stage: Stage, tmp_path: Path) -> None:
    async with stage(command=(str(tmp_path / "nothing"),)) as case:
        assert await case.count("abc") == [None]
    assert "cannot be started" in case.complaints[0]


async def test_a_stuck_process_is_killed(stage: Stage) -> None:
    async with stage(batch_seconds=1, rest_seconds=0) as case:
        assert await case.count("abc") == [3]
        stuck = case.counter.worker
        assert await case.count("hang") == [None]
        assert stuck is not None
        assert not stuck.usable
        assert await case.count("abcd") == [4]
    assert case.complaints == ["token counting: the counting process did not answer in time"]


async def test_a_count_that_takes_too_long_in_all_is_given_up_and_the_process_kept(stage: Stage) -> None:
    async with stage(answer_seconds=2) as case:
        assert await case.count("abc") == [3]
        assert await case.count("hang") == [None]
        assert case.counter.worker is not None
        assert case.counter.worker.usable
    assert case.complaints == ["token counting took too long: "]


async def test_a_process_that_never_becomes_ready_is_killed(stage: Stage) -> None:
    async with stage(command=("sleep", "60"), start_seconds=0.05) as case:
        assert await case.count("abc") == [None]
        assert case.counter.worker is not None
        assert not case.counter.worker.usable


async def test_beyond_the_limit_of_waiting_counts_none_waits(stage: Stage) -> None:
    async with stage(waiting_count=2) as case:
        counts = await asyncio.gather(*(case.count("x" * number) for number in range(1, 6)))
    assert counts == [[1], [2], [None], [None], [None]]


async def test_an_idle_process_goes_and_a_new_one_comes(stage: Stage) -> None:
    async with stage(idle_seconds=0.01) as case:
        assert await case.count("abc") == [3]
        await until(lambda: "ended" in case.diary)
        assert await case.count("abc", "d") == [3, 1]
    assert case.diary.count("started") == 2


async def test_a_client_that_leaves_while_its_text_is_counted_leaves_the_others_their_counts(stage: Stage) -> None:
    async with stage() as case:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await case.count("first " * 500_000)
        assert await case.count("abc") == [3]
    assert case.complaints == []


async def test_closed_it_counts_nothing_and_leaves_no_process(stage: Stage) -> None:
    async with stage() as case:
        counting = asyncio.gather(case.count("hang"), case.count("waits"))
        await until(lambda: "started" in case.diary if case.diary else False)
        await case.counter.close()
        assert list(await counting) == [[None], [None]]
        assert await case.count("abc") == [None]
        assert case.counter.worker is None
    assert case.complaints == []


async def test_long_and_strange_texts_are_counted_exactly_by_the_real_process(stage: Stage) -> None:
    encoding = bpe_openai.get_encoding("o200k_base")
    texts = ["<|endoftext|>", "😀 émoji 漢字", "The quick brown fox, 42 times. " * 50_000]
    assert len(texts[-1]) > 1_500_000  # the library itself refuses a million
    async with stage(command=WORKER_COMMAND) as case:
        counts = await case.count(*texts)
        pages = await case.counter.count([pdf_passage("L1R5cGUgL1BhZ2Ug")])
    assert counts == [encoding._backend.count(text) for text in texts]
    assert pages == [1]
