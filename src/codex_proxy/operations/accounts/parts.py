"""What the operations on accounts share: ports, and what can be wrong with an account or with the upstream.

Rules of this file: no message holds a secret.
"""

from typing import Protocol

import msgspec

from codex_proxy.accounts.lifecycle.evidence import redacted
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.canonical.failure import Failure


class UnknownAccount(Exception):
    """There is no account of this id."""

    def __init__(self, row_id: str) -> None:
        super().__init__("there is no such account")
        self.row_id = row_id


class LiveAccounts(Protocol):
    """The accounts as requests see them, and the store behind them.  The last two raise ``StoreUnusable``."""

    async def take(self, record: AccountRecord) -> None:
        """This is how the account is now, on disk."""
        ...

    async def follow(self) -> bool:
        """Take in whatever changed in the store."""
        ...

    async def write(self) -> bool:
        """Write what happened in memory."""
        ...


class AssignedProxy(msgspec.Struct, frozen=True, kw_only=True):
    """The way out an account is given: a proxy's id or the word of a mode, and what the owner calls it."""

    proxy_id: str
    proxy_name: str


class AccountUnusable(Exception):
    """Nothing can be asked in this account's name: it needs a login."""

    def __init__(self) -> None:
        super().__init__("this account has no access token that works; log in again")


class UpstreamRefused(Exception):
    """The upstream gave no answer that can be used."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(redacted(failure.message))
        self.failure = failure
