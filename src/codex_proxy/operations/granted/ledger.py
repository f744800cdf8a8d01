"""The ledger's desk: what running requests want booked goes to the store in batches.

Rules of this file: the event loop waits for nothing but a reservation's own commit, and all that want one at a time
share it; what was spent is written behind, at once where something was held back for it, within a second otherwise.
What could not be written is written the next time, and
what has begun is seen to its end whoever was cancelled.  A reservation lives by being renewed: one whose process died
expires.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from codex_proxy.access.granted.budgets import Amount, Overdrawn
from codex_proxy.access.granted.store import Batch, GrantedKeyStore, Reservation, Spending
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.gateway.ports import Clock

WRITE_SECONDS: Final = 1.0
MOST_UNWRITTEN: Final = 100_000
TIDY_SECONDS: Final = 300.0
_RENEWALS: Final = 3.0  # as often within a reservation's life

Verdict: TypeAlias = Reservation | Overdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerParts:
    """What the desk works with; ``life_seconds`` is how long a reservation lives unless renewed."""

    store: GrantedKeyStore
    clock: Clock
    new_id: Callable[[], str]
    life_seconds: float


class Ledger:
    """Books for one process; ``turn`` is for a job; ``write`` what is left after the last exchange."""

    def __init__(self, parts: LedgerParts) -> None:
        self._parts = parts
        self._wanted: list[tuple[Reservation, asyncio.Future[Overdrawn | None]]] = []
        self._spent: list[Spending] = []
        self._held: dict[str, float] = {}  # when each reservation is to be renewed, epoch seconds
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()
        self._tidy_at = 0.0  # epoch seconds
        self.lost_count = 0

    async def reserve(self, key_id: str, amount: Amount) -> Verdict:
        """Hold this back for a key until it is settled, or the budget that refuses it.

        Raises:
            StoreUnusable: nobody can tell.
        """
        now, life_seconds = self._parts.clock.now(), self._parts.life_seconds
        wanted = Reservation(
            reservation_id=self._parts.new_id(), key_id=key_id, amount=amount, expires_at=now + life_seconds
        )
        answer: asyncio.Future[Overdrawn | None] = asyncio.get_running_loop().create_future()
        self._wanted.append((wanted, answer))
        self._wake.set()
        try:
            refusal = await answer
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                self._give_back(wanted)
            raise
        return wanted if refusal is None else refusal

    def settle(self, spending: Spending) -> None:
        """Note what a request cost; call it once."""
        if len(self._spent) >= MOST_UNWRITTEN:
            self.lost_count += 1
            return
        self._spent.append(spending)
        if spending.reservation_id is not None:
            self._held.pop(spending.reservation_id, None)
            self._wake.set()

    async def turn(self) -> bool:
        """Write as soon as somebody waits for it, within a second otherwise; raises as ``write``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WRITE_SECONDS):
                await self._wake.wait()
        await self.write()
        return True

    async def write(self) -> None:
        """Write all there is now.

        Raises:
            StoreUnusable: it could not be written and will be the next time.
        """
        task = asyncio.get_running_loop().create_task(self._write())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    # -------------------------------------------------------------------------------------------------- within

    async def _write(self) -> None:
        async with self._turn:
            self._wake.clear()
            now = self._parts.clock.now()
            wanted, self._wanted = self._wanted, []
            spent, self._spent = self._spent, []
            due = [reservation_id for reservation_id, at in self._held.items() if at <= now]
            if not (wanted or spent or due):
                return
            batch = Batch(
                spent=tuple(spent),
                renewed=tuple(due),
                renewed_until=now + self._parts.life_seconds,
                tidies=now >= self._tidy_at,
                wanted=tuple(reservation for reservation, _ in wanted),
            )
            refusals: Sequence[Overdrawn | None] | None = None
            is_defect = False
            try:
                refusals = await self._parts.store.book(batch, now=now)
            except Exception as error:
                is_defect = not isinstance(error, StoreUnusable)
                raise
            finally:
                if is_defect:
                    self.lost_count += len(spent)  # the same batch would fail for ever, and every reservation with it
                elif refusals is None:
                    self._spent = [*spent, *self._spent]
                if refusals is None:
                    _fail([answer for _, answer in wanted])
            if batch.tidies:
                self._tidy_at = now + TIDY_SECONDS
            self._renewed(due, now)
            self._answer(wanted, refusals, now)

    def _answer(
        self,
        wanted: Sequence[tuple[Reservation, asyncio.Future[Overdrawn | None]]],
        refusals: Sequence[Overdrawn | None],
        now: float,
    ) -> None:
        for (reservation, answer), refusal in zip(wanted, refusals, strict=True):
            if refusal is None:
                self._held[reservation.reservation_id] = self._next_renewal(now)
            if not answer.done():
                answer.set_result(refusal)
            elif refusal is None:  # whoever wanted it has gone
                self._give_back(reservation)

    def _give_back(self, reservation: Reservation) -> None:
        self.settle(
            Spending(
                key_id=reservation.key_id,
                at=self._parts.clock.now(),
                reservation_id=reservation.reservation_id,
                counts=False,
            )
        )

    def _renewed(self, reservation_ids: Sequence[str], now: float) -> None:
        for reservation_id in reservation_ids:
            if reservation_id in self._held:  # not settled meanwhile
                self._held[reservation_id] = self._next_renewal(now)

    def _next_renewal(self, now: float) -> float:
        return now + self._parts.life_seconds / _RENEWALS


def _fail(answers: Sequence[asyncio.Future[Overdrawn | None]]) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(StoreUnusable("the ledger of client keys cannot be written"))
