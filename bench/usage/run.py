"""Usage statistics of a hundred thousand exchanges: what recording one costs, and what a question costs after them.

The exchanges are those of thirty days: five client keys, each with a dialect and two models of its own, five accounts
in turn, three in a hundred of them failed or left. They come in bursts of a hundred, two hundred a second, and a burst
is noted and then written. Measured is CPU time: of the event loop's thread for noting and writing, beside it that of
the thread that writes, and of the whole process for an answer until its JSON is made. The loop's lag, which a task that
wakes every millisecond sees while the last records are written, is wall time and hangs on what else the machine does.

Run as `python -m bench.usage.run [--exchanges N] [--rounds N]`.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.usage.prices import packaged_prices
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.usage_stats.periods import Granularity, Period, Retention
from codex_proxy.operations.usage_stats.recorder import RecorderParts, UsageRecorder
from codex_proxy.operations.usage_stats.statistics import (
    AccountCount,
    PricesInForce,
    Question,
    StatisticsParts,
    UsageStatistics,
)
from codex_proxy.server.admin.usage_stats.shapes import summary_answer
from codex_proxy.storage.opening import DATABASE_FILE, open_stores
from codex_proxy.storage.sealing.sources import KeyFile
from codex_proxy.usage.store import Dimension, Selection, UsageStore

DAY = 86_400.0
DAYS = 30
AT_ONCE, PER_SECOND = 100, 200
LAG_EXCHANGES = 5000
LOOP_TARGET_US, ANSWER_TARGET_MS = 30.0, 100.0
MODELS = ("gpt-5.4", "gpt-5.5", "gpt-5.4-mini", "gpt-5.3-codex")
DIALECTS = ("openai_chat", "openai_responses", "anthropic", "gemini", "ollama")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Microseconds of CPU time for one exchange, and how late the loop was meanwhile, in milliseconds."""

    note_us: float
    loop_us: float
    thread_us: float
    lag_p50_ms: float
    lag_p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Milliseconds of CPU time for one answer, the median of the rounds."""

    name: str
    cpu_ms: float
    size_bytes: int


def exchanges(count: int, *, until: float) -> Iterator[ExchangeRecord]:
    """So many exchanges, in order of time; the same ones for every run."""
    chance = random.Random(1)
    for number in range(count):
        key = min(int(chance.expovariate(0.7)), 4)
        fate = chance.random()
        failure = Failure(kind=FailureKind.OVERLOADED, message="busy") if fate < 0.02 else None
        yield ExchangeRecord(
            request_id=f"req_{number}_{chance.getrandbits(96):024x}",
            client_key_id=f"key_{key}",
            dialect=DIALECTS[key],
            model_asked=MODELS[key % 2],
            model_used=MODELS[key % 2 if chance.random() < 0.8 else 2 + key % 2],
            attempts=(AttemptRecord(account_row_id=f"account_{number % 5}"),),
            usage=None
            if failure
            else Usage(input_tokens=chance.randrange(40_000), cached_tokens=500, output_tokens=chance.randrange(2000)),
            failure=failure,
            notes=(),
            first_content_seconds=chance.random(),
            duration_seconds=1.0 + 10 * chance.random(),
            started_at=until - DAYS * DAY * (1 - number // AT_ONCE * AT_ONCE / count) + number % AT_ONCE / PER_SECOND,
            streamed=True,
            aborted=0.02 <= fate < 0.03,
        )


async def record(recorder: UsageRecorder, told: Iterator[ExchangeRecord]) -> tuple[float, float, float]:
    """Note and write them all; microseconds for one of noting, of the loop's thread in all, and of the others."""
    note = loop = process = 0.0
    count = 0
    while batch := list(islice(told, AT_ONCE)):
        count += len(batch)
        began, began_all = time.thread_time(), time.process_time()
        for exchange in batch:
            recorder.finished(exchange)
        noted = time.thread_time()
        await recorder.write()
        note += noted - began
        loop += time.thread_time() - began
        process += time.process_time() - began_all
    note_us, loop_us, all_us = (seconds / count * 1e6 for seconds in (note, loop, process))
    return note_us, loop_us, all_us - loop_us


async def lags_of(work: Awaitable[Any]) -> list[float]:
    """How late the loop is while the work is done, in milliseconds, in order of size."""
    lags = [0.0]
    watching = asyncio.get_running_loop().create_task(_watch(lags))
    await work
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return sorted(lags)


async def _watch(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append((time.perf_counter() - before - 0.001) * 1e3)


def questions(now: float) -> dict[str, Question]:
    """What a dashboard asks."""
    everything = Period(begins_at=None, ends_at=now)
    month, day = Period(begins_at=now - DAYS * DAY, ends_at=now), Period(begins_at=now - DAY, ends_at=now)
    one_model = Selection(values={Dimension.MODEL: MODELS[0]})
    return {
        "summary, everything": Question(period=everything),
        "summary, 30 days by model": Question(period=month, group_by=Dimension.MODEL),
        "summary, 30 days by account, one model": Question(
            period=month, group_by=Dimension.ACCOUNT, selection=one_model
        ),
        "history, 30 days by hour": Question(period=month),
        "history, 30 days by hour, one model": Question(period=month, selection=one_model),
        "history, 30 days by hour and model": Question(period=month, group_by=Dimension.MODEL),
        "history, 30 days by day and key": Question(
            period=month, granularity=Granularity.DAILY, group_by=Dimension.CLIENT_KEY
        ),
        "history, 30 days of Berlin": Question(period=month, granularity=Granularity.DAILY, zone="Europe/Berlin"),
        "history, 1 day by 5 minutes": Question(period=day, granularity=Granularity.FIVE_MINUTES),
        "history, 1000 exchanges": Question(period=day, granularity=Granularity.RAW),
    }


async def ask(stats: UsageStatistics, question: Question) -> Any:
    """The answer."""
    if question.granularity is Granularity.RAW:
        return await stats.exchanges(question, limit=1000)
    return await stats.history(question)


async def answer(name: str, asked: Callable[[], Awaitable[Any]], rounds: int) -> Answering:
    """Ask so many times."""
    spent: list[float] = []
    size = 0
    for _ in range(rounds):
        before = time.process_time()
        size = len(msgspec.json.encode(await asked()))
        spent.append(time.process_time() - before)
    return Answering(name=name, cpu_ms=statistics.median(spent) * 1e3, size_bytes=size)


async def measure(*, count: int, rounds: int, folder: Path) -> tuple[Recording, list[Answering]]:
    """Record exchanges into a database in ``folder``, then ask."""
    clock = SystemClock()
    now = clock.now()
    stores = await open_stores(folder / DATABASE_FILE, keys=KeyFile(folder), now=now)
    try:
        parts = RecorderParts(store=stores.usage, prices=packaged_prices(), clock=clock, complain=_complain)
        recorder = UsageRecorder(parts)
        told = exchanges(count, until=now)
        last = min(LAG_EXCHANGES, count // 2)
        note_us, loop_us, thread_us = await record(recorder, islice(told, count - last))
        lags = await lags_of(record(recorder, told))
        recording = Recording(
            note_us=note_us,
            loop_us=loop_us,
            thread_us=thread_us,
            lag_p50_ms=lags[len(lags) // 2],
            lag_p99_ms=lags[len(lags) * 99 // 100],
        )
        stats = _statistics(stores.usage, clock, recorder)
        return recording, [await _answered(stats, name, asked, rounds) for name, asked in questions(now).items()]
    finally:
        await stores.close()


async def _answered(stats: UsageStatistics, name: str, question: Question, rounds: int) -> Answering:
    if not name.startswith("summary"):
        return await answer(name, lambda: ask(stats, question), rounds)

    async def summed() -> Any:
        told = await stats.summary(question)
        return summary_answer(stats, told, is_grouped=question.group_by is not None)

    return await answer(name, summed, rounds)


def _statistics(store: UsageStore, clock: SystemClock, recorder: UsageRecorder) -> UsageStatistics:
    return UsageStatistics(
        StatisticsParts(
            store=store,
            retention=lambda: Retention(event_days=DAYS + 1, history_days=None),
            clock=clock,
            accounts=lambda: AccountCount(total=5, active=5),
            recording=lambda: recorder.state,
            name_of=lambda *_: None,
            prices=lambda: PricesInForce(as_of="bench"),
        )
    )


def _complain(where: str, error: Exception) -> None:
    sys.stderr.write(f"{where}: {error}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-usage-") as folder:
        told, answers = asyncio.run(measure(count=given.exchanges, rounds=given.rounds, folder=Path(folder)))
        size = (Path(folder) / DATABASE_FILE).stat().st_size
    lines = [
        f"{given.exchanges} exchanges recorded, {size / 1e6:.1f} MB",
        f"event loop {told.loop_us:.1f} us an exchange (target {LOOP_TARGET_US:g}), {told.note_us:.1f} of it noting",
        f"writing thread {told.thread_us:.1f} us an exchange",
        f"lag of the loop {told.lag_p50_ms:.2f} ms in the middle, {told.lag_p99_ms:.2f} ms at the 99th percentile",
        f"CPU of one answer (target {ANSWER_TARGET_MS:g} ms):",
        *(f"  {each.name:<40} {each.cpu_ms:7.1f} ms  {each.size_bytes / 1e3:8.1f} kB" for each in answers),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
