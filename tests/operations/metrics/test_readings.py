"""What is read of the gateway when somebody asks."""

from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.operations.metrics.families import exposition
from codex_proxy.operations.metrics.readings import ReadingParts, Readings
from codex_proxy.vendors.key import KeyStatus
from tests.gateway.scene import NOW, FakeClock
from tests.operations.health.world import pool_of, vendor_pool
from tests.vendors.samples import key


def test_states_slots_streams_and_memory_are_told_as_they_are_now() -> None:
    leases = MemoryLeaseBook()
    lease = leases.try_acquire("a", None)
    keys = (
        key(row_id="1"),
        key(row_id="2", cooling_until=NOW + 60),
        key(row_id="3", status=KeyStatus.ERROR, cooling_until=NOW + 60),
        key(row_id="4", status=KeyStatus.DISABLED),
    )
    parts = ReadingParts(
        version="1.2.3",
        pool=pool_of(a=10, b=100, c=0),
        vendor_keys=vendor_pool(*keys),
        leases=leases,
        clock=FakeClock(),
        running_count=lambda: 3,
        orphans_count=lambda: 1,
        resident_bytes=lambda: 90_000_000,
        cpu_seconds=lambda: 1.5,
        started_at=NOW,
    )
    told = exposition(Readings(parts).families())
    for line in (
        'codex_proxy_build{version="1.2.3"} 1',
        'codex_proxy_accounts{state="active"} 2',
        "codex_proxy_slots_used 1",
        "codex_proxy_slots 8",
        "codex_proxy_queue_length 0",
        "codex_proxy_running_exchanges 3",
        "codex_proxy_orphaned_calls 1",
        "process_resident_memory_bytes 90000000",
        "process_cpu_seconds_total 1.5",
        *(f'codex_proxy_vendor_keys{{state="{state}"}} 1' for state in ("active", "cooling", "error", "disabled")),
    ):
        assert f"{line}\n" in told, line
    assert lease is not None
