"""Recording: exchanges are noted when they end, and written in batches by a job.

Rules of this file: noting costs a few microseconds and never waits; what waits to be written is bounded.  A store that
cannot be written is tried again with the same records, which count once however often they are sent; what finds no
room meanwhile is lost, counted and told, and no answer hears of it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.gateway.ports import Clock, ExchangeRecord
from codex_proxy.operations.usage_stats.exchanges import event_of
from codex_proxy.usage.prices.table import DatedPrices
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import UsageStore

WRITE_SECONDS: Final = 1.0  # what a killed process may lose; a batch has its price whatever its size
MOST_WAITING: Final = 10_000  # about 10 MB; the answers of minutes
BATCH: Final = 500


class RecordingState(msgspec.Struct, frozen=True, kw_only=True):
    """How recording goes.

    ``lost_count`` counts exchanges of this process that are in no statistics, ``failing_since`` is an epoch second, and
    ``reason`` the store's own words; both are None while records can be written.
    """

    waiting_count: int
    lost_count: int
    written_count: int
    failing_since: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderParts:
    """What recording works with; ``complain`` hears when records cannot be written any more, and of those lost.

    ``redact`` gives a text without the secrets this process knows; it may take its time.  ``enabled`` says whether the
    owner wants an exchange that ends now recorded.
    """

    store: UsageStore
    prices: DatedPrices
    clock: Clock
    complain: Callable[[str, Exception], None]
    redact: Callable[[str], str] = lambda text: text
    enabled: Callable[[], bool] = lambda: True
    most_waiting: int = MOST_WAITING


def without_secrets(batch: tuple[UsageEvent, ...], redact: Callable[[str], str]) -> tuple[UsageEvent, ...]:
    """The records, with what clients may write into a request as if it were a name redacted."""
    names = {name for event in batch for name in _names_in(event)}  # each looked into once: most are the same
    clean = {name: redact(name) for name in names}
    if all(name == told for name, told in clean.items()):
        return batch
    replace = msgspec.structs.replace
    return tuple(
        replace(
            event,
            model_asked=clean[event.model_asked],
            effort=clean[event.effort],
            service_tier=clean[event.service_tier],
            facts=replace(event.facts, model=clean[event.facts.model]),
        )
        for event in batch
    )


def _names_in(event: UsageEvent) -> tuple[str, ...]:
    return event.model_asked, event.facts.model, event.effort, event.service_tier


class UsageRecorder:
    """Implements the gateway's ``Observer``; ``write`` is a job, ``finish`` ends recording."""

    def __init__(self, parts: RecorderParts) -> None:
        self._parts = parts
        self._waiting: deque[UsageEvent] = deque()
        self._lost_count = 0
        self._written_count = 0
        self._failing_since: float | None = None
        self._reason: str | None = None

    @property
    def state(self) -> RecordingState:
        """How it goes now."""
        return RecordingState(
            waiting_count=len(self._waiting),
            lost_count=self._lost_count,
            written_count=self._written_count,
            failing_since=self._failing_since,
            reason=self._reason,
        )

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        if not self._parts.enabled():
            return
        if len(self._waiting) >= self._parts.most_waiting:
            self._lost_count += 1
        else:
            self._waiting.append(event_of(record, self._parts.prices))

    async def write(self) -> bool:
        """Write what waits; False where the store could not be written, which is tried again the next time."""
        while self._waiting:
            batch = tuple(islice(self._waiting, BATCH))
            told = await asyncio.to_thread(without_secrets, batch, self._parts.redact)
            try:
                await self._parts.store.keep(told)
            except StoreUnusable as error:
                self._failed(error)
                return False
            except Exception:
                self._lost_count += self._taken_off(batch)  # a defect: the same batch would fail for ever
                raise
            self._written_count += self._taken_off(batch)
            self._failing_since = self._reason = None
        return True

    async def finish(self) -> None:
        """Write what waits once more; what cannot be written now is lost, and told."""
        await self.write()
        if self._waiting or self._lost_count:
            count = self._lost_count + len(self._waiting)
            self._parts.complain("usage statistics", StoreUnusable(f"{count} exchanges are in no statistics"))

    def _taken_off(self, batch: tuple[UsageEvent, ...]) -> int:
        for _ in batch:
            self._waiting.popleft()
        return len(batch)

    def _failed(self, error: StoreUnusable) -> None:
        self._reason = str(error)
        if self._failing_since is None:
            self._failing_since = self._parts.clock.now()
            self._parts.complain("usage statistics are not written", error)
