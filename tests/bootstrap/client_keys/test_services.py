"""What keeps handed-out keys, put together; a whole gateway with them is in the scenarios."""

import contextlib
from pathlib import Path

from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.granted.store import Spending
from codex_proxy.bootstrap.client_keys.services import GrantedKeyGround, granted_key_services, load, upkeep
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.usage.prices import packaged_prices
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import DATABASE_FILE, Stores
from tests.access.granted.samples import KEY_ID, NOW, SECRET, granted
from tests.stores.places import opened


def ground(stores: Stores, complaints: list[str]) -> GrantedKeyGround:
    return GrantedKeyGround(
        live=Current(Settings()),
        stores=stores,
        ring=GrantedKeys(),
        pricing=packaged_prices(),
        clock=SystemClock(),
        complain=lambda what, error: complaints.append(what),
    )


async def test_what_is_kept_is_taken_in_and_what_was_used_is_written_at_the_end(tmp_path: Path) -> None:
    complaints: list[str] = []
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.client_keys.add(granted())
        services = granted_key_services(ground(stores, complaints))
        await load(services)
        assert services.ground.ring.find(SECRET) is not None
        async with upkeep(services):
            services.ledger.settle(Spending(key_id=KEY_ID, at=NOW, input_tokens=3))
        assert (await stores.client_keys.standings([KEY_ID], now=NOW))[KEY_ID].used.input_tokens == 3
    assert complaints == []


async def test_what_was_used_is_written_whatever_ends_it(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.client_keys.add(granted())
        services = granted_key_services(ground(stores, []))
        await load(services)
        with contextlib.suppress(ExceptionGroup):
            async with upkeep(services):
                services.ledger.settle(Spending(key_id=KEY_ID, at=NOW, input_tokens=3))
                raise ZeroDivisionError
        assert (await stores.client_keys.standings([KEY_ID], now=NOW))[KEY_ID].used.input_tokens == 3


async def test_a_store_that_cannot_be_read_leaves_a_gateway_without_keys(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"no database at all" * 100)
    async with opened(tmp_path, folder=tmp_path) as stores:
        services = granted_key_services(ground(stores, []))
        await load(services)
        async with upkeep(services):
            assert len(services.ground.ring) == 0
