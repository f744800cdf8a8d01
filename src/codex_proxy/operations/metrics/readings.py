"""What is read of the gateway when somebody asks: accounts and vendor keys by state, slots, streams, memory.

Rules of this file: nothing is kept; states are the closed words of their enums, so that the labels are few.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.metrics.families import Family, Sample, reading, readings
from codex_proxy.vendors.key import KeyStatus, VendorKey
from codex_proxy.vendors.pool import VendorPool

COOLING = "cooling"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingParts:
    """What is read.

    ``running_count`` are exchanges that run, ``orphans_count`` upstream calls whose client left before their headers;
    ``resident_bytes`` is the memory in use, None where the system does not say; ``started_at`` epoch seconds.
    """

    version: str
    pool: AccountPool
    vendor_keys: VendorPool
    leases: MemoryLeaseBook
    clock: Clock
    running_count: Callable[[], int]
    orphans_count: Callable[[], int]
    resident_bytes: Callable[[], int | None]
    cpu_seconds: Callable[[], float]
    started_at: float


class Readings:
    """Implements ``Source``."""

    def __init__(self, parts: ReadingParts) -> None:
        self._parts = parts

    def families(self) -> Iterator[Family]:
        """See ``Source``."""
        parts = self._parts
        yield readings(
            "codex_proxy_build", "The version that runs.", (Sample(value=1, labels={"version": parts.version}),)
        )
        yield from self._capacity()
        yield reading("codex_proxy_running_exchanges", "Requests that are being answered.", parts.running_count())
        yield reading("codex_proxy_orphaned_calls", "Upstream calls whose client has left.", parts.orphans_count())
        yield reading("process_resident_memory_bytes", "Memory in use, in bytes.", parts.resident_bytes())
        yield reading("process_start_time_seconds", "When the process started, epoch seconds.", parts.started_at)
        yield Family(
            name="process_cpu_seconds_total",
            kind="counter",
            words="Processor time used, in seconds.",
            samples=(Sample(value=parts.cpu_seconds()),),
        )

    def _capacity(self) -> Iterator[Family]:
        parts, now = self._parts, self._parts.clock.now()
        states = [verdict.state.value for verdict in parts.pool.verdicts(now).values()]
        capacity = parts.pool.capacity(now)
        yield _by_state("codex_proxy_accounts", "Accounts by state.", states)
        keys = [_state_of(key, now) for key in parts.vendor_keys.all_keys()]
        yield _by_state("codex_proxy_vendor_keys", "Vendor keys by state.", keys)
        yield reading("codex_proxy_slots_used", "Slots of accounts in use.", parts.leases.used_count)
        yield reading("codex_proxy_slots", "Slots of the accounts that could serve now.", capacity.total_slots)
        yield reading("codex_proxy_queue_length", "Requests that wait for a slot.", parts.leases.waiting_count)


def _by_state(name: str, words: str, states: Iterable[str]) -> Family:
    return readings(name, words, (Sample(value=n, labels={"state": state}) for state, n in Tally(states).items()))


def _state_of(key: VendorKey, now: float) -> str:
    if key.is_off:
        return KeyStatus.DISABLED.value
    return COOLING if key.is_cooling(now) and key.status is KeyStatus.ACTIVE else key.status.value
