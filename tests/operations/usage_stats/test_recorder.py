"""Recording: in batches, bounded, and once each whatever the store does."""

import pytest

from codex_proxy.operations.usage_stats.exchanges import event_of
from codex_proxy.operations.usage_stats.recorder import BATCH, RecorderParts, UsageRecorder, without_secrets
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Selection, Window
from tests.gateway.scene import NOW, FakeClock
from tests.operations.usage_stats.samples import PRICES, FailingStore, exchange, locked

EVER = Window(span=Span.DAY, begins_at=0, ends_at=2**40)


class Scene:
    def __init__(self, *errors: Exception, most_waiting: int = 10_000) -> None:
        self.store = FailingStore(*errors)
        self.complaints: list[str] = []
        self.recorder = UsageRecorder(
            RecorderParts(
                store=self.store,
                prices=PRICES,
                clock=FakeClock(),
                complain=lambda where, error: self.complaints.append(f"{where}: {error}"),
                most_waiting=most_waiting,
            )
        )

    def told(self, count: int) -> None:
        begun = self.recorder.state.written_count + self.recorder.state.waiting_count
        for number in range(begun, begun + count):
            self.recorder.finished(exchange(f"req_{number}"))

    async def kept(self) -> int:
        lines = await self.store.totals([EVER], Selection())
        return sum(line.sums.request_count for line in lines)


async def test_what_was_noted_is_written_in_batches() -> None:
    scene = Scene()
    scene.told(2 * BATCH + 1)
    assert (scene.recorder.state.waiting_count, await scene.kept()) == (2 * BATCH + 1, 0)
    assert await scene.recorder.write()
    assert (scene.recorder.state.waiting_count, scene.recorder.state.written_count) == (0, 2 * BATCH + 1)
    assert (await scene.kept(), scene.store.asked_count) == (2 * BATCH + 1, 3)
    assert await scene.recorder.write()
    assert scene.store.asked_count == 3


async def test_a_store_that_fails_gets_the_same_again_and_its_failure_is_told_once() -> None:
    scene = Scene(locked(), locked())
    scene.told(3)
    assert not await scene.recorder.write()
    assert not await scene.recorder.write()
    state = scene.recorder.state
    assert (state.waiting_count, state.lost_count, state.failing_since) == (3, 0, NOW)
    assert state.reason == "the database cannot be written: database is locked"
    assert scene.complaints == [f"usage statistics are not written: {state.reason}"]
    assert await scene.recorder.write()
    state = scene.recorder.state
    assert (await scene.kept(), state.waiting_count, state.failing_since, state.reason) == (3, 0, None, None)


async def test_what_finds_no_room_is_lost_counted_and_told() -> None:
    scene = Scene(locked(), most_waiting=5)
    scene.told(5)
    await scene.recorder.write()
    for number in range(3):
        scene.recorder.finished(exchange(f"late_{number}"))
    assert (scene.recorder.state.waiting_count, scene.recorder.state.lost_count) == (5, 3)
    await scene.recorder.finish()
    assert await scene.kept() == 5
    assert scene.complaints[-1] == "usage statistics: 3 exchanges are in no statistics"


async def test_what_cannot_be_written_at_the_end_is_told_as_lost() -> None:
    scene = Scene(locked())
    scene.told(4)
    await scene.recorder.finish()
    assert scene.complaints[-1] == "usage statistics: 4 exchanges are in no statistics"


async def test_an_end_without_loss_says_nothing() -> None:
    scene = Scene()
    scene.told(2)
    await scene.recorder.finish()
    assert (await scene.kept(), scene.complaints) == (2, [])


async def test_a_batch_that_is_a_defect_is_not_tried_for_ever() -> None:
    scene = Scene(OverflowError("too large"))
    scene.told(2)
    with pytest.raises(OverflowError):
        await scene.recorder.write()
    scene.told(1)
    assert await scene.recorder.write()
    assert (await scene.kept(), scene.recorder.state.lost_count) == (1, 2)


def test_u_05_names_that_clients_make_up_are_kept_without_the_secrets_in_them() -> None:
    told = exchange(
        "req_1", model_asked="my-secret", model_used="vendor/secret", effort="secret", service_tier="secret"
    )
    plain = event_of(exchange("req_2"), PRICES)
    (kept, other) = without_secrets((event_of(told, PRICES), plain), lambda text: text.replace("secret", "***"))
    assert (kept.model_asked, kept.facts.model, kept.effort, kept.service_tier) == (
        "my-***",
        "vendor/***",
        "***",
        "***",
    )
    assert other == plain
    assert without_secrets((plain,), lambda text: text) == (plain,)
