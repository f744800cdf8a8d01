"""The port behind which handed-out keys and their ledger are kept.

Rules of this file: pure values and one protocol; every method raises ``StoreUnusable`` of ``accounts.store``.  What is
reserved and what is spent is one truth for all processes: a batch of the ledger is one transaction.  A reservation is
settled once, however often it is told; one that nobody renews or settles counts until its expiry and no longer.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec

from codex_proxy.access.granted.budgets import Amount, Overdrawn
from codex_proxy.access.granted.key import GrantedKey, Used
from codex_proxy.access.granted.periods import Period

Version: TypeAlias = tuple[int, int]
"""Tells whether any key changed; no two states of a store have the same."""

Change: TypeAlias = Callable[[GrantedKey], GrantedKey]
"""What becomes of a key.  Pure, and called in another thread."""


class SecretTaken(Exception):
    """Another key has the same secret."""


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """What a request may cost, held back while it runs; ``expires_at`` is an epoch second."""

    reservation_id: str
    key_id: str
    amount: Amount
    expires_at: float


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What a request did cost; ``reservation_id`` None where nothing was held back.

    ``at`` is the epoch second of its end; ``micro_usd`` None where nobody knows the price.  ``counts`` False is for a
    request that did not come to be: it only gives back what was held.
    """

    key_id: str
    at: float
    reservation_id: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int | None = 0
    failed: bool = False
    counts: bool = True


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger is told at once; it is done in this order.

    ``renewed`` are reservations that go on until ``renewed_until``, those only that have not expired; ``tidies`` has
    what is too old forgotten.
    """

    spent: tuple[Spending, ...] = ()
    renewed: tuple[str, ...] = ()
    renewed_until: float = 0.0
    tidies: bool = False
    wanted: tuple[Reservation, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a key stands: all it used, what is held back now, and what each period has spent."""

    used: Used = Used()
    reserved: Amount = Amount()
    spent: Mapping[Period, Amount] = {}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All keys, oldest first."""

    version: Version = (0, 0)
    keys: tuple[GrantedKey, ...] = ()


class GrantedKeyStore(Protocol):
    """Keeps keys and their ledger."""

    async def load(self) -> Kept:
        """Every key."""
        ...

    async def load_newer(self, version: Version) -> Kept | None:
        """Every key, where any changed since ``version``, by whichever process; else None."""
        ...

    async def add(self, key: GrantedKey) -> GrantedKey:
        """Keep a new key; raises ``SecretTaken``."""
        ...

    async def change(self, key_id: str, change: Change) -> GrantedKey | None:
        """Change a key, in one step; None where it is not there.  Raises ``SecretTaken``."""
        ...

    async def remove(self, key_id: str) -> bool:
        """Forget a key and what it used; whether it was there."""
        ...

    async def reset_used(self, key_id: str) -> None:
        """Begin counting anew; what is reserved stays."""
        ...

    async def standings(self, key_ids: Collection[str], *, now: float) -> Mapping[str, Standing]:
        """How these keys stand; every one of them is in the answer."""
        ...

    async def book(self, batch: Batch, *, now: float) -> Sequence[Overdrawn | None]:
        """Do all of a batch; for each wanted reservation None where it is made, else the budget that refuses it.

        A key that is not there any more has nothing booked, and its reservations are made.
        """
        ...
