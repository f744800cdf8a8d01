"""The ledger's desk: what waits, what does not, and what is made good."""

import asyncio
from pathlib import Path

import pytest

from codex_proxy.access.granted.budgets import Amount, Overdrawn
from codex_proxy.access.granted.store import Reservation, Spending
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.granted import ledger as module
from tests.access.granted.samples import KEY_ID, NOW, granted, usd
from tests.operations.granted.stage import LIFE_SECONDS, Desk, desk
from tests.waiting import until

TEN = Amount(micro_usd=10)


async def reserved(made: Desk) -> Reservation:
    verdict = await made.ledger.reserve(KEY_ID, TEN)
    assert isinstance(verdict, Reservation)
    return verdict


async def held(made: Desk) -> int:
    micro_usd: int = (await made.store.standings([KEY_ID], now=made.clock.now()))[KEY_ID].reserved.micro_usd
    return micro_usd


async def test_all_that_want_a_reservation_at_a_time_share_a_commit(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        verdicts = await asyncio.gather(*(made.ledger.reserve(KEY_ID, TEN) for _ in range(20)))
        assert [isinstance(verdict, Overdrawn) for verdict in verdicts] == [False] * 5 + [True] * 15
        assert len(made.store.batches) == 1


async def test_what_was_held_back_is_settled_at_once_and_the_rest_is_written_behind(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        reservation = await reserved(made)
        assert await held(made) == 10
        made.ledger.settle(Spending(key_id=KEY_ID, at=NOW, reservation_id=reservation.reservation_id, micro_usd=3))
        await until(lambda: len(made.store.batches) == 2)
        made.ledger.settle(Spending(key_id=KEY_ID, at=NOW, micro_usd=4))
        await made.ledger.write()
        standing = (await made.store.standings([KEY_ID], now=NOW))[KEY_ID]
        assert (standing.used.micro_usd, standing.used.request_count, standing.reserved) == (7, 2, Amount())


async def test_u_01_nothing_is_lost_while_the_store_cannot_be_written(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        reservation = await reserved(made)
        made.store.broken = True
        made.ledger.settle(Spending(key_id=KEY_ID, at=NOW, reservation_id=reservation.reservation_id, micro_usd=3))
        with pytest.raises(StoreUnusable):
            await made.ledger.reserve(KEY_ID, TEN)
        made.store.broken = False
        await made.ledger.write()
        assert (await made.store.standings([KEY_ID], now=NOW))[KEY_ID].used.micro_usd == 3
        assert await held(made) == 0


async def test_a_running_request_keeps_what_it_holds_and_one_whose_process_died_does_not(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        await reserved(made)
        for _ in range(4):
            made.clock.time += LIFE_SECONDS / 2
            await made.ledger.write()
        assert await held(made) == 10
        made.clock.time += LIFE_SECONDS + 1  # nobody writes any more
        assert await held(made) == 0


async def test_a_client_that_leaves_while_it_waits_gives_back_what_it_was_given(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        async with asyncio.TaskGroup() as tasks:
            leaving = tasks.create_task(made.ledger.reserve(KEY_ID, TEN))
            await asyncio.sleep(0)
            leaving.cancel()
        assert leaving.cancelled()
        await until(lambda: any(batch.wanted for batch in made.store.batches))
        await made.ledger.write()
        await made.ledger.write()
        standing = (await made.store.standings([KEY_ID], now=NOW))[KEY_ID]
        assert (standing.reserved, standing.used.request_count) == (Amount(), 0)


async def test_what_no_store_takes_is_bounded_and_the_loss_is_counted(tmp_path: Path) -> None:
    async with desk(tmp_path, granted()) as made:
        spending = Spending(key_id=KEY_ID, at=NOW)
        made.ledger._spent = [spending] * module.MOST_UNWRITTEN
        made.ledger.settle(spending)
        assert made.ledger.lost_count == 1
        made.ledger._spent.clear()


async def test_what_no_store_can_ever_take_is_lost_and_counted_and_holds_nobody_up(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        made.ledger.settle(Spending(key_id=KEY_ID, at=NOW, input_tokens=2**63))
        with pytest.raises(OverflowError):
            await made.ledger.write()
        assert made.ledger.lost_count == 1
        await reserved(made)


async def test_whoever_is_cancelled_what_has_begun_is_written_once_and_answered(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(50),))) as made:
        made.ledger.settle(Spending(key_id=KEY_ID, at=NOW, micro_usd=4))
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(made.ledger.write())
            reserving = tasks.create_task(made.ledger.reserve(KEY_ID, TEN))
            await asyncio.sleep(0)
            writing.cancel()
        assert isinstance(reserving.result(), Reservation)
        await made.ledger.write()
        assert (await made.store.standings([KEY_ID], now=NOW))[KEY_ID].used.micro_usd == 4
