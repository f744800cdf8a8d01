"""Who is ready, and what stands in the way of who is not."""

from codex_proxy.accounts.keeping import PersistenceHealth
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.operations.health.readiness import NotReady, Readiness, ReadinessParts
from codex_proxy.vendors.key import KeyStatus, VendorKey
from tests.gateway.scene import NOW, FakeClock
from tests.operations.health.world import pool_of, vendor_pool
from tests.vendors.samples import key


def readiness(
    pool: AccountPool, *keys: VendorKey, stopping: bool = False, readable: bool = True, started: bool = True
) -> Readiness:
    made = Readiness(
        ReadinessParts(
            pool=pool,
            vendor_keys=vendor_pool(*keys),
            leases=MemoryLeaseBook(),
            persistence=lambda: PersistenceHealth(ok=readable),
            is_stopping=lambda: stopping,
            clock=FakeClock(),
        )
    )
    made.is_started = started
    return made


def test_whoever_could_answer_is_ready() -> None:
    assert readiness(pool_of(a=0, b=100)).reasons() == ()
    assert readiness(pool_of(), key()).reasons() == ()


def test_who_cannot_says_why() -> None:
    assert readiness(pool_of(a=0), started=False).reasons() == (NotReady.STARTING,)
    assert readiness(pool_of(a=0), stopping=True, started=False).reasons() == (NotReady.STOPPING,)
    assert readiness(pool_of(a=0), readable=False).reasons() == (NotReady.STORE_UNREADABLE,)
    assert readiness(pool_of()).reasons() == (NotReady.NO_UPSTREAM,)
    unusable = (key(row_id="1", status=KeyStatus.ERROR), key(row_id="2", cooling_until=NOW + 9))
    assert readiness(pool_of(a=100), *unusable).reasons() == (NotReady.NO_UPSTREAM,)


def test_a_16_limited_accounts_are_there_all_the_same() -> None:
    limited = readiness(pool_of(a=100))
    assert limited.has_accounts()
    assert (limited.pool().total, limited.pool().active, limited.pool().total_slots) == (1, 0, 0)
    assert not readiness(pool_of()).has_accounts()
