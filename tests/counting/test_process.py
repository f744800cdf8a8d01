"""A counting process as the gateway sees it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from codex_proxy.counting.process import YIELDING, WorkerGone, start_worker
from codex_proxy.counting.wire import Chunk
from tests.counting.stand_ins import stand_in
from tests.waiting import until


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


def words_in(diary: Path) -> list[str]:
    return diary.read_text().splitlines()


async def test_it_starts_counts_and_is_stopped(diary: Path) -> None:
    worker = await start_worker(stand_in(diary))
    await worker.become_ready()
    assert await worker.count([Chunk(b"abc"), Chunk(b"")]) == (3, 0)
    assert await worker.count([Chunk(b"x" * 300_000)]) == (300_000,)
    await worker.stop()
    assert not worker.usable
    assert words_in(diary)[:3] == ["started", "counted 2", "counted 1"]
    with pytest.raises(WorkerGone):
        await worker.count([Chunk(b"abc")])


async def test_it_yields_to_streams_from_its_first_instruction_on(diary: Path) -> None:
    worker = await start_worker(stand_in(diary))
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, worker.process_id) == min(19, own + YIELDING)
    await worker.stop()


async def test_a_count_that_nobody_waits_for_is_not_taken_for_the_next(diary: Path) -> None:
    worker = await start_worker(stand_in(diary))
    await worker.become_ready()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await worker.count([Chunk(b"abandoned")])
    assert await worker.count([Chunk(b"ab")]) == (2,)
    await worker.stop()


@pytest.mark.parametrize("text", [b"die always", b"babble"])
async def test_a_process_that_dies_or_babbles_is_gone(diary: Path, text: bytes) -> None:
    worker = await start_worker(stand_in(diary))
    await worker.become_ready()
    with pytest.raises(WorkerGone):
        await worker.count([Chunk(text)])
    await worker.kill()


async def test_a_process_that_ends_at_once_never_becomes_ready() -> None:
    worker = await start_worker((sys.executable, "-c", ""))
    with pytest.raises(WorkerGone):
        await worker.become_ready()
    await worker.stop()


async def test_a_program_that_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(WorkerGone, match="cannot be started"):
        await start_worker((str(tmp_path / "nothing"),))


async def test_a_stuck_process_is_ended_by_force(diary: Path) -> None:
    worker = await start_worker(stand_in(diary))
    await worker.become_ready()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await worker.count([Chunk(b"hang")])
    assert worker.usable
    await worker.kill()
    assert not worker.usable


async def test_a_dismissed_process_ends_by_itself(diary: Path) -> None:
    worker = await start_worker(stand_in(diary))
    await worker.become_ready()
    worker.dismiss()
    assert not worker.usable
    await until(lambda: "ended" in words_in(diary))
    await worker.stop()


async def test_a_start_that_nobody_waits_for_leaves_no_process(diary: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await start_worker(stand_in(diary))
    await until(lambda: not _children_with(str(diary)))


def _children_with(argument: str) -> list[Path]:
    """Processes that were started with this argument."""
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if argument.encode() in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
