"""Choosing accounts."""

import asyncio

import pytest

from codex_proxy.accounts.pool import Need, NoAccount
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.selection import Chosen, SlotPolicy, nobody
from tests.gateway.scene import NOW, Scene
from tests.waiting import until

NEED = Need(model="gpt-5.4", conversation=None)


async def choose(scene: Scene, *, exclude: str = "", only: str | None = None) -> Chosen | Failure:
    return await scene.parts.selection.choose(NEED, exclude=frozenset(exclude), only=only)


async def test_a_busy_account_is_passed_over() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1))
    scene.leases.try_acquire("a", None)
    chosen = await choose(scene)
    assert isinstance(chosen, Chosen)
    assert chosen.account.row_id == "b"
    assert scene.leases.used("b") == 1


async def test_the_same_account_can_be_asked_for_again() -> None:
    chosen = await choose(Scene(), only="b")
    assert isinstance(chosen, Chosen)
    assert chosen.account.row_id == "b"


async def test_a_freed_slot_goes_to_who_waits() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1, queue_timeout_seconds=5), accounts="a")
    held = scene.leases.try_acquire("a", None)
    waiting = asyncio.ensure_future(choose(scene))
    await until(lambda: scene.leases.waiting_count)
    assert held is not None
    held.release()
    assert isinstance(await waiting, Chosen)


async def test_more_waiters_than_the_limit_are_turned_away_at_once() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1, queue_timeout_seconds=5, queue_limit=0), accounts="a")
    scene.leases.try_acquire("a", None)
    failure = await choose(scene)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUSY, 2.5)


@pytest.mark.parametrize(
    ("reason", "kind", "wait"),
    [
        (NoAccount(by_state={}), FailureKind.NO_ACCOUNT, None),
        (NoAccount(by_state={"limited": 2}, retry_at=NOW + 60), FailureKind.USAGE_LIMIT, 60.0),
        (NoAccount(by_state={"limited": 1, "expired": 1}, retry_at=NOW + 60), FailureKind.NO_ACCOUNT, None),
        (NoAccount(by_state={"expired": 1}), FailureKind.NO_ACCOUNT, None),
    ],
)
def test_why_nobody_can_serve(reason: NoAccount, kind: FailureKind, wait: float | None) -> None:
    failure = nobody(reason, NOW)
    assert (failure.kind, failure.retry_after_seconds) == (kind, wait)
