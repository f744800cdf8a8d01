"""Whether the gateway can serve: what it says to whoever watches over it, without a name of anything in it.

Rules of this file: the pool is judged by the rule that choosing goes by; reasons are words for programs.  Ready is who
could answer a request, be it that all slots are taken at the moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from codex_proxy.accounts.keeping import PersistenceHealth
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Clock
from codex_proxy.vendors.key import KeyStatus, VendorKey
from codex_proxy.vendors.pool import VendorPool


class NotReady(StrEnum):
    """Why no request can be served.

    ``no_upstream`` is that neither an account nor a vendor key could serve now, ``store_unreadable`` that what was kept
    cannot be read and nothing is written.
    """

    STARTING = "starting"
    STOPPING = "stopping"
    NO_UPSTREAM = "no_upstream"
    STORE_UNREADABLE = "store_unreadable"


class PoolHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts and the slots of those that could serve now; totals are None where there is no limit."""

    total: int
    active: int
    max_concurrent_per_account: int | None
    total_slots: int | None
    used_slots: int
    available_slots: int | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessParts:
    """What is looked at."""

    pool: AccountPool
    vendor_keys: VendorPool
    leases: MemoryLeaseBook
    persistence: Callable[[], PersistenceHealth]
    is_stopping: Callable[[], bool]
    clock: Clock


class Readiness:
    """Whether the gateway can serve.  ``is_started`` is set by whoever started everything that keeps it running."""

    def __init__(self, parts: ReadinessParts) -> None:
        self._parts = parts
        self.is_started = False

    @property
    def is_stopping(self) -> bool:
        """Whether no new request is taken any more."""
        return self._parts.is_stopping()

    def now(self) -> float:
        """Epoch seconds."""
        return self._parts.clock.now()

    def reasons(self) -> tuple[NotReady, ...]:
        """Why no request can be served now; empty where one can."""
        parts, now = self._parts, self.now()
        told = {
            NotReady.STARTING: not self.is_started and not self.is_stopping,
            NotReady.STOPPING: self.is_stopping,
            NotReady.NO_UPSTREAM: not parts.pool.standing(now).usable_now and not self._has_vendor(now),
            NotReady.STORE_UNREADABLE: not parts.persistence().ok,
        }
        return tuple(reason for reason, holds in told.items() if holds)

    def has_accounts(self) -> bool:
        """Whether somebody is logged in."""
        return self._parts.pool.standing(self.now()).has_accounts

    def pool(self) -> PoolHealth:
        """The accounts and their slots."""
        parts, now = self._parts, self.now()
        capacity = parts.pool.capacity(now)
        return PoolHealth(
            total=len(parts.pool),
            active=sum(verdict.usable for verdict in parts.pool.verdicts(now).values()),
            max_concurrent_per_account=capacity.max_concurrent_per_account,
            total_slots=capacity.total_slots,
            used_slots=capacity.used_slots,
            available_slots=capacity.available_slots,
            waiting=parts.leases.waiting_count,
        )

    def _has_vendor(self, now: float) -> bool:
        return any(_serves(key, now) for key in self._parts.vendor_keys.all_keys())


def _serves(key: VendorKey, now: float) -> bool:
    return not key.is_off and key.status is KeyStatus.ACTIVE and not key.is_cooling(now)
