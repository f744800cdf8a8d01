"""Effects: what has to be done outside after something happened to an account, as values.

Rules of this file: pure; nobody here does any of it.  Times are epoch seconds (UTC).
"""

from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.lifecycle.gates import Gate
from codex_proxy.accounts.lifecycle.hindrances import Hindrance, HindranceKind
from codex_proxy.accounts.lifecycle.locks import Lock
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.record import Death


class StartCooling(msgspec.Struct, frozen=True, kw_only=True):
    """Give it nothing until then (None: until something happens); ``bucket`` None means for no model."""

    until: float | None
    bucket: str | None = None


class RequestProbe(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the usage endpoint at ``at`` or soon after."""

    at: float


class RequestRefresh(msgspec.Struct, frozen=True, kw_only=True):
    """Fetch a new access token now, if there is a refresh token."""


class BlameEgress(msgspec.Struct, frozen=True, kw_only=True):
    """The way out is at fault; the account's cookies of it and the address are suspect."""

    reason: Occurrence


class DropCookies(msgspec.Struct, frozen=True, kw_only=True):
    """The account's cookies of this egress are stale."""


class KeepDeath(msgspec.Struct, frozen=True, kw_only=True):
    """Write it into the account's record."""

    death: Death


Effect: TypeAlias = StartCooling | RequestProbe | RequestRefresh | BlameEgress | DropCookies | KeepDeath

ALWAYS: Final[dict[Occurrence, tuple[Effect, ...]]] = {
    Occurrence.CHALLENGE: (BlameEgress(reason=Occurrence.CHALLENGE),),
    Occurrence.PATH_BLOCK: (DropCookies(),),
    Occurrence.REGION: (BlameEgress(reason=Occurrence.REGION),),
}
"""What an occurrence asks for, whatever the account's states are."""

INSTEAD: Final[dict[HindranceKind, tuple[Effect, ...]]] = {
    HindranceKind.TOKEN_REFUSED: (RequestRefresh(),),
    HindranceKind.DEACTIVATED: (KeepDeath(death=Death.DEACTIVATED),),
}
"""What a hindrance asks for where waiting is not all."""


def of_hindrance(hindrance: Hindrance) -> tuple[Effect, ...]:
    """What a hindrance that begins or goes on asks for."""
    return INSTEAD.get(hindrance.kind) or (StartCooling(until=hindrance.until), *_probe(hindrance.gate))


def of_lock(lock: Lock) -> tuple[Effect, ...]:
    """What a lock that begins or goes on asks for."""
    return (StartCooling(until=lock.gate.opens_at, bucket=lock.bucket), *_probe(lock.gate))


def _probe(gate: Gate) -> tuple[Effect, ...]:
    return () if gate.probe_at is None else (RequestProbe(at=gate.probe_at),)
