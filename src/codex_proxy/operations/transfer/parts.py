"""What moving accounts in and out works with.

Rules of this file: whoever is told of an account is told after it is on disk.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.accounts.store import AccountStore
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.egress.pool import ProxyPool
from codex_proxy.operations.login.tokens import Refreshing


class ArrivingAccounts(Protocol):
    """The accounts as requests see them."""

    def arriving(self) -> AbstractAsyncContextManager[None]:
        """While the block runs, accounts on disk are live only once ``take_all`` says so: they may lack their ways."""
        ...

    async def take_all(self, records: Sequence[AccountRecord]) -> None:
        """This is how these accounts are now, on disk; read their tokens."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferParts:
    """Everything.

    ``issuer`` and ``client_id`` are those that refresh tokens are exchanged with; ``new_id`` gives 16 hex digits.
    """

    store: AccountStore
    pool: AccountPool
    live: ArrivingAccounts
    refreshing: Refreshing
    proxies: ProxyPool
    clock: Clock
    issuer: str
    client_id: str
    new_id: Callable[[], str]
