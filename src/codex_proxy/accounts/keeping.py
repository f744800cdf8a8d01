"""The ports behind which is kept what belongs to accounts: conversations, cookies, ways out, refresh locks.

Rules of this file: what names an account goes with it when it is removed, and is passed over when the account is not
there; secrets never show in a text.  All implementations pass one contract suite each (``tests/stores``); every method
raises ``StoreUnusable``.  Times are epoch seconds (UTC).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

import msgspec

from codex_proxy.accounts.affinity import ConversationKey
from codex_proxy.canonical.target import UpstreamIdentity


class LoadFailure(StrEnum):
    """What became of a store that could not be read: its bytes were copied away, or not even that was possible."""

    QUARANTINED = "load_failed_quarantined"
    UNQUARANTINED = "load_failed_unquarantined"


class PersistenceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Whether what is changed is kept.  Where not, nothing is written, and ``message`` tells the owner what to do."""

    ok: bool = True
    reason: LoadFailure | None = None
    message: str | None = None
    quarantined: bool = False
    backup_path: str | None = None


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The account a conversation lives with."""

    conversation: ConversationKey
    row_id: str
    used_at: float


class AffinityStore(Protocol):
    """Keeps the homes of conversations."""

    async def load(self, *, limit: int) -> tuple[Home, ...]:
        """The homes used last, latest first."""
        ...

    async def keep(self, homes: Sequence[Home]) -> None:
        """Remember homes; of two for one conversation the one used later stays."""
        ...

    async def trim(self, *, limit: int) -> int:
        """Forget all but the ``limit`` homes used last; how many went."""
        ...


class KeptIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a conversation is upstream with one account, be that its home or not."""

    conversation: ConversationKey
    row_id: str
    used_at: float
    identity: UpstreamIdentity


class UpstreamIdentityStore(Protocol):
    """Keeps the ids of conversations upstream; one is known by conversation and account."""

    async def load(self, *, limit: int) -> tuple[KeptIdentity, ...]:
        """Those used last, latest first."""
        ...

    async def keep(self, identities: Sequence[KeptIdentity]) -> None:
        """Remember ids; of two for one conversation and account those used later stay."""
        ...

    async def trim(self, *, limit: int) -> int:
        """Forget all but the ``limit`` used last; how many went."""
        ...


class Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie of an account, good only through the egress it came by; ``expires_at`` None: until it is dropped."""

    row_id: str
    egress_id: str
    domain: str
    name: str
    value: str
    path: str = "/"
    user_agent: str | None = None
    expires_at: float | None = None
    captured_at: float = 0.0

    def __repr__(self) -> str:
        return (
            f"Cookie(row_id={self.row_id!r}, egress_id={self.egress_id!r}, domain={self.domain!r}, name={self.name!r})"
        )


class CookieStore(Protocol):
    """Keeps cookies; one is known by account, egress, domain, path and name."""

    async def load(self) -> tuple[Cookie, ...]:
        """Every cookie."""
        ...

    async def keep(self, cookies: Sequence[Cookie]) -> None:
        """Keep cookies, in place of those known by the same."""
        ...

    async def drop(self, row_id: str, *, egress_id: str | None = None) -> None:
        """Forget an account's cookies, all of them or those of one egress."""
        ...

    async def expire(self, *, now: float) -> None:
        """Forget what is over."""
        ...


class EgressHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the last check of an egress proxy found; ``error`` is None where it let us through."""

    checked_at: float
    exit_ip: str | None = None
    latency_ms: int | None = None
    error: str | None = None


class EgressProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy to leave through; ``url`` may hold a password."""

    proxy_id: str
    name: str
    url: str
    enabled: bool = True
    added_at: float = 0.0
    health: EgressHealth | None = None

    def __repr__(self) -> str:
        return f"EgressProxy(proxy_id={self.proxy_id!r}, name={self.name!r}, enabled={self.enabled!r})"


class Egresses(msgspec.Struct, frozen=True, kw_only=True):
    """All proxies, and the way out of each account that has one of its own.

    ``assignments`` is by row id: a proxy's id or the word of a mode.  ``revision`` grows with every change.
    """

    revision: int = 0
    proxies: tuple[EgressProxy, ...] = ()
    assignments: Mapping[str, str] = {}


class EgressStore(Protocol):
    """Keeps egress proxies and who leaves through which."""

    async def load(self) -> Egresses:
        """Everything."""
        ...

    async def load_newer(self, revision: int) -> Egresses | None:
        """Everything, where anything changed after ``revision``, by whichever process; else None."""
        ...

    async def put(self, proxies: Sequence[EgressProxy]) -> None:
        """Keep proxies, in place of those with the same id; ``health`` None leaves what the last check found."""
        ...

    async def keep_health(self, healths: Mapping[str, EgressHealth]) -> None:
        """Keep what checks found, by proxy id; unknown ids are passed over."""
        ...

    async def remove(self, proxy_id: str, *, reassign: str | None) -> tuple[str, ...] | None:
        """Remove a proxy; its accounts get ``reassign`` in the same step, None for none of their own.

        The row ids it was assigned to; None where there is no such proxy.
        """
        ...

    async def assign(self, assignments: Mapping[str, str | None]) -> None:
        """Give accounts their ways out, by row id; None takes it away.  Others keep theirs."""
        ...


class RefreshLocks(Protocol):
    """One refresh of an account at a time, across all processes on one store."""

    def hold(self, row_id: str, *, wait_seconds: float) -> AbstractAsyncContextManager[bool]:
        """The lock while the block runs; False where another process kept it longer than ``wait_seconds``.

        The death of its holder frees it.  Raises ``StoreUnusable`` where there is no way to lock.
        """
        ...
