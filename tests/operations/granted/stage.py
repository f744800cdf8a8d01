"""Handed-out keys with everything around them, on a store in a file."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from codex_proxy.access.granted.budgets import Overdrawn
from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.granted.store import Batch, GrantedKeyStore
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.admission.ports import Admitted, Wish
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.operations.granted.admission import AdmissionParts, KeyAdmission
from codex_proxy.operations.granted.book import GrantedKeyBook
from codex_proxy.operations.granted.changes import GrantedChangeParts, GrantedKeyChanges
from codex_proxy.operations.granted.estimates import Prices
from codex_proxy.operations.granted.ledger import Ledger, LedgerParts
from codex_proxy.operations.granted.views import GrantedViews
from tests.access.granted.samples import KEY_ID, NOW
from tests.gateway.scene import FakeClock
from tests.stores.places import opened

LIFE_SECONDS = 60.0
OUTPUT_TOKENS = 100


class OneDollar:
    """Implements ``Pricing``: a dollar for a million tokens, a micro-dollar for each; strangers have no price."""

    def cost(
        self, model: str, usage: Usage, *, vendor: str | None = None, service_tier: str | None = None
    ) -> Decimal | None:
        if model == "stranger":
            return None
        return Decimal(usage.input_tokens + usage.output_tokens) / 1_000_000


class Books:
    """Implements ``GrantedKeyStore`` on another; refuses to book while it is ``broken``, and notes what it booked."""

    def __init__(self, store: GrantedKeyStore) -> None:
        self._store = store
        self.broken = False
        self.batches: list[Batch] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def book(self, batch: Batch, *, now: float) -> Sequence[Overdrawn | None]:
        if self.broken:
            raise StoreUnusable("the disk is full")
        self.batches.append(batch)
        return await self._store.book(batch, now=now)


class Desk:
    """The use cases."""

    def __init__(self, store: GrantedKeyStore, *, flat_usd: float | None = None) -> None:
        numbers = itertools.count(1)
        self.clock, self.store = FakeClock(), Books(store)
        self.clock.time = NOW
        self.ring = GrantedKeys()
        kept: Any = self.store
        self.book = GrantedKeyBook(kept, self.ring)
        self.ledger = Ledger(
            LedgerParts(
                store=kept,
                clock=self.clock,
                new_id=lambda: f"r{next(numbers)}",
                life_seconds=LIFE_SECONDS,
            )
        )
        self.admission = KeyAdmission(
            AdmissionParts(
                ring=self.ring,
                ledger=self.ledger,
                prices=Prices(OneDollar(), flat_usd=lambda: flat_usd),
                clock=self.clock,
                default_output_tokens=lambda: OUTPUT_TOKENS,
            )
        )
        self.changes = GrantedKeyChanges(
            GrantedChangeParts(
                book=self.book, new_hex=lambda count: f"{next(numbers):0{2 * count}x}", now=self.clock.now
            )
        )
        self.views = GrantedViews(book=self.book, ledger=self.ledger, clock=self.clock)

    async def admit(self, *, key_id: str = KEY_ID, **members: Any) -> Admitted | Failure:
        gate = self.admission.gate_of(key_id)
        assert gate is not None
        return await gate.admit(wish(**members))

    async def admitted(self, **members: Any) -> Admitted:
        leave = await self.admit(**members)
        assert not isinstance(leave, Failure), leave
        return leave

    async def refused(self, **members: Any) -> Failure:
        failure = await self.admit(**members)
        assert isinstance(failure, Failure)
        return failure


def wish(model: str | None = "gpt-5.4", **members: Any) -> Wish:
    """A question of a few tokens to a vendor's model."""
    request = Request(
        dialect=Dialect.OPENAI_CHAT, model=model or "", turns=(Turn(role=Role.USER, blocks=(Text(text="hi"),)),)
    )
    return Wish(**{"asked": model or "?", "model": model, "request": request} | members)


def record(usage: Usage | None = None, **members: Any) -> ExchangeRecord:
    """An exchange of the sample key that ended well."""
    told: dict[str, Any] = {
        "request_id": "req",
        "client_key_id": KEY_ID,
        "dialect": "openai_chat",
        "model_asked": "gpt-5.4",
        "model_used": "gpt-5.4",
        "attempts": (),
        "usage": usage,
        "failure": None,
        "notes": (),
        "first_content_seconds": 0.1,
        "duration_seconds": 0.2,
    }
    return ExchangeRecord(**told | members)


async def _kept_writing(made: Desk) -> None:
    while True:
        with suppress(StoreUnusable):
            await made.ledger.turn()
        await asyncio.sleep(0)


@asynccontextmanager
async def desk(folder: Path, *keys: GrantedKey, flat_usd: float | None = None) -> AsyncIterator[Desk]:
    """A desk with these keys, whose ledger runs while the block does."""
    async with opened(folder, folder=folder) as stores:
        made = Desk(stores.client_keys, flat_usd=flat_usd)
        for key in keys:
            await made.book.add(key)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(_kept_writing(made))
            yield made
            running.cancel()
