"""What keeps, changes, admits and charges handed-out client keys, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.pricing import Pricing
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.jobs.standing import LastWrite, StandingJob, every, going_on, written_at_end
from codex_proxy.operations.granted.admission import AdmissionParts, KeyAdmission
from codex_proxy.operations.granted.book import FOLLOW_SECONDS, GrantedKeyBook
from codex_proxy.operations.granted.changes import GrantedChangeParts, GrantedKeyChanges
from codex_proxy.operations.granted.estimates import Prices
from codex_proxy.operations.granted.ledger import Ledger, LedgerParts
from codex_proxy.operations.granted.usage import BudgetUsage
from codex_proxy.operations.granted.views import GrantedViews
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores

RETRY_SECONDS: Final = 1.0
_RESERVATION_BYTES: Final = 12
_WRITING: Final = "writing what client keys used"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedKeyGround:
    """What the services stand on; ``live`` are the settings in force, ``complain`` hears of what went wrong."""

    live: Current[Settings]
    stores: Stores
    ring: GrantedKeys
    pricing: Pricing
    clock: SystemClock
    complain: Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedKeyServices:
    """The services; ``load`` them before anybody asks, and keep them while somebody may."""

    ground: GrantedKeyGround
    book: GrantedKeyBook
    changes: GrantedKeyChanges
    ledger: Ledger
    admission: KeyAdmission
    views: GrantedViews
    usage: BudgetUsage


def granted_key_services(ground: GrantedKeyGround) -> GrantedKeyServices:
    """The services."""
    live, clock = ground.live, ground.clock
    book = GrantedKeyBook(ground.stores.client_keys, ground.ring)
    ledger = Ledger(
        LedgerParts(
            store=ground.stores.client_keys,
            clock=clock,
            new_id=lambda: secrets.token_hex(_RESERVATION_BYTES),
            life_seconds=live.get().client_keys.reservation_seconds,
        )
    )
    admission = KeyAdmission(
        AdmissionParts(
            ring=ground.ring,
            ledger=ledger,
            prices=Prices(ground.pricing, flat_usd=lambda: live.get().client_keys.unknown_price_usd),
            clock=clock,
            default_output_tokens=lambda: live.get().client_keys.default_output_tokens,
        )
    )
    views = GrantedViews(book=book, ledger=ledger, clock=clock)
    return GrantedKeyServices(
        ground=ground,
        book=book,
        changes=GrantedKeyChanges(GrantedChangeParts(book=book, new_hex=secrets.token_hex, now=clock.now)),
        ledger=ledger,
        admission=admission,
        views=views,
        usage=BudgetUsage(views),
    )


async def load(services: GrantedKeyServices) -> None:
    """Take in what is kept."""
    if not services.ground.stores.health.ok:
        return  # told with the accounts, which are in the same store
    try:
        await services.book.load()
    except StoreUnusable as error:
        services.ground.complain("client keys are not loaded", error)


@asynccontextmanager
async def upkeep(services: GrantedKeyServices) -> AsyncIterator[None]:
    """Keep the keys followed and the ledger written while the block runs; at its end everything is written."""
    if not services.ground.stores.health.ok:
        yield
        return
    ground, ledger = services.ground, services.ledger
    last = LastWrite(_WRITING, ledger.write, ground.complain)
    jobs = (
        StandingJob(_WRITING, ledger.turn, every(0.0, failed=RETRY_SECONDS), ground.complain),  # it waits by itself
        StandingJob("following client keys", services.book.follow, every(FOLLOW_SECONDS), ground.complain),
    )
    async with written_at_end([last]), going_on(jobs, clock=ground.clock):
        yield
