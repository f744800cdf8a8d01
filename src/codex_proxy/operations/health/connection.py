"""Whether an upstream can be reached, step by step: name, way out, connection, credential.

Rules of this file: everything goes the way that the account's or key's own calls go, or is not tried; a step that
cannot be looked at by itself is skipped and says why; nothing that an answer said is told but its failure.  Where the
caller names nobody, an account that could serve is asked for, else a vendor key.  Source: spec, accounts, 9.3.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, assert_never
from urllib.parse import urlsplit

import msgspec

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, Way
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount
from codex_proxy.vendors.key import KeyStatus, VendorKey
from codex_proxy.vendors.pool import VendorPool

DIRECT_WORDS: Final = "without a proxy"
BY_PROXY: Final = "the proxy does that"
NOT_REACHED: Final = "a step before it failed"


class Name(StrEnum):
    """The steps, in order."""

    SERVER = "server"
    ACCOUNTS = "accounts"
    EGRESS = "egress"
    DNS = "dns"
    TRANSPORT = "transport"
    UPSTREAM = "upstream"


class Outcome(StrEnum):
    """How a step ended."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


class Check(msgspec.Struct, frozen=True, kw_only=True, rename={"latency_ms": "latencyMs"}):
    """One step; ``detail`` is what was seen, ``error`` why it failed."""

    name: Name
    status: Outcome
    latency_ms: int = 0
    detail: str | None = None
    error: str | None = None


class ConnectionReport(msgspec.Struct, frozen=True, kw_only=True):
    """All steps."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether none failed."""
        return all(check.status is not Outcome.FAIL for check in self.checks)


class Unreached(Exception):
    """A name was not resolved, or no connection came about; one sentence."""


class Dialling(Protocol):
    """Connects, for the sake of connecting.  Both raise ``Unreached``."""

    async def resolve(self, base_url: str, *, allow_private: bool | None) -> tuple[str, ...]:
        """The addresses of a base URL's host.

        ``allow_private`` is for those that a user gave, None for our own upstream's.
        """
        ...

    async def connect(self, base_url: str, address: str) -> str:
        """Connect to this address, with TLS where the URL has it; what was agreed upon, in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who is tested: ``ask`` shows the credential and gives the failure, None where it was accepted."""

    words: str
    base_url: str
    way: Way
    allow_private: bool | None
    ask: Callable[[], Awaitable[Failure | None]]


AskAs: TypeAlias = Callable[[str], Awaitable[Failure | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionParts:
    """What tests work with; ``ask_account`` and ``ask_vendor`` take row ids."""

    pool: AccountPool
    vendor_keys: VendorPool
    dialling: Dialling
    clock: Clock
    base_url: str
    way_of: Callable[[str], Way]
    owners_way: Callable[[], Way]
    allow_private: bool
    ask_account: AskAs
    ask_vendor: Callable[[VendorKey], Awaitable[Failure | None]]
    is_stopping: Callable[[], bool]


class ConnectionTests:
    """Tests connections."""

    def __init__(self, parts: ConnectionParts) -> None:
        self._parts = parts

    async def run(self, *, row_id: str | None = None, vendor_key: VendorKey | None = None) -> ConnectionReport:
        """Test an account's connection, a vendor key's, or that of whoever could serve.

        Raises:
            UnknownAccount: there is no such account.
        """
        if row_id is not None and row_id not in self._parts.pool:
            raise UnknownAccount(row_id)
        target = self._target(row_id, vendor_key)
        checks = [self._server(), self._accounts(target)]
        if target is not None:
            checks += await self._through(target)
        else:
            checks += [_skipped(name) for name in (Name.EGRESS, Name.DNS, Name.TRANSPORT, Name.UPSTREAM)]
        return ConnectionReport(checks=tuple(checks))

    # -------------------------------------------------------------------------------------------------- within

    def _target(self, row_id: str | None, vendor_key: VendorKey | None) -> Target | None:
        parts, now = self._parts, self._parts.clock.now()
        if vendor_key is not None:
            return self._of_key(vendor_key)
        verdicts = parts.pool.verdicts(now)
        usable = (known for known in verdicts if verdicts[known].usable)
        found = row_id or next(usable, None) or next(iter(verdicts), None)
        if found is not None:
            return self._of_account(found)
        keys = [key for key in parts.vendor_keys.all_keys() if key.status is KeyStatus.ACTIVE]
        return self._of_key(keys[0]) if keys else None

    def _of_account(self, row_id: str) -> Target:
        parts = self._parts
        return Target(
            words=f"account {row_id}",
            base_url=parts.base_url,
            way=parts.way_of(row_id),
            allow_private=None,
            ask=lambda: parts.ask_account(row_id),
        )

    def _of_key(self, key: VendorKey) -> Target:
        parts = self._parts
        return Target(
            words=f"key of {key.called}",
            base_url=key.base_url,
            way=parts.owners_way(),
            allow_private=key.allow_private or parts.allow_private,
            ask=lambda: parts.ask_vendor(key),
        )

    def _server(self) -> Check:
        if self._parts.is_stopping():
            return Check(name=Name.SERVER, status=Outcome.FAIL, error="the gateway is stopping")
        return Check(name=Name.SERVER, status=Outcome.PASS, detail="requests are taken")

    def _accounts(self, target: Target | None) -> Check:
        parts = self._parts
        usable = sum(verdict.usable for verdict in parts.pool.verdicts(parts.clock.now()).values())
        keys = len(parts.vendor_keys.all_keys())
        seen = f"{usable} of {len(parts.pool)} accounts could serve, {keys} vendor keys"
        if target is None:
            return Check(name=Name.ACCOUNTS, status=Outcome.FAIL, detail=seen, error="nobody could be asked")
        return Check(name=Name.ACCOUNTS, status=Outcome.PASS, detail=f"{seen}; testing {target.words}")

    async def _through(self, target: Target) -> list[Check]:
        way = target.way
        match way:
            case NoWay():
                error = f"the egress {way.name} cannot be used: {way.reason}"
                rest = [_skipped(name) for name in (Name.DNS, Name.TRANSPORT, Name.UPSTREAM)]
                return [Check(name=Name.EGRESS, status=Outcome.FAIL, error=error), *rest]
            case Through():
                out = Check(name=Name.EGRESS, status=Outcome.PASS, detail=f"leaves by {way.name}")
                rest = [Check(name=name, status=Outcome.SKIP, detail=BY_PROXY) for name in (Name.DNS, Name.TRANSPORT)]
                return [out, *rest, await self._upstream(target)]
            case Direct():
                out = Check(name=Name.EGRESS, status=Outcome.PASS, detail=DIRECT_WORDS)
                return [out, *await self._directly(target)]
            case _:
                assert_never(way)

    async def _directly(self, target: Target) -> list[Check]:
        addresses: tuple[str, ...] = ()

        async def resolve() -> str:
            nonlocal addresses
            addresses = await self._parts.dialling.resolve(target.base_url, allow_private=target.allow_private)
            return (
                f"{urlsplit(target.base_url).hostname} has {len(addresses)} address{'es'[: 2 * (len(addresses) > 1)]}"
            )

        resolved = await self._timed(Name.DNS, resolve)
        if resolved.status is Outcome.FAIL:
            return [resolved, _skipped(Name.TRANSPORT), _skipped(Name.UPSTREAM)]
        connected = await self._timed(
            Name.TRANSPORT, lambda: self._parts.dialling.connect(target.base_url, addresses[0])
        )
        if connected.status is Outcome.FAIL:
            return [resolved, connected, _skipped(Name.UPSTREAM)]
        return [resolved, connected, await self._upstream(target)]

    async def _upstream(self, target: Target) -> Check:
        async def ask() -> str:
            try:
                failure = await target.ask()
            except AccountUnusable as error:
                raise Unreached(str(error)) from error
            if failure is not None:
                raise Unreached(f"{failure.kind.value}: {failure.message}")
            return "the credential was accepted"

        return await self._timed(Name.UPSTREAM, ask)

    async def _timed(self, name: Name, step: Callable[[], Awaitable[str]]) -> Check:
        clock = self._parts.clock
        began_at = clock.monotonic()
        try:
            detail, error = await step(), None
        except Unreached as unreached:
            detail, error = None, str(unreached)
        latency_ms = round((clock.monotonic() - began_at) * 1000)
        status = Outcome.PASS if error is None else Outcome.FAIL
        return Check(name=name, status=status, latency_ms=latency_ms, detail=detail, error=error)


def _skipped(name: Name) -> Check:
    return Check(name=name, status=Outcome.SKIP, detail=NOT_REACHED)
