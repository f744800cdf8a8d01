"""Hindrances: what stands in an account's way for a while, whatever its tokens and counters are.

Rules of this file: pure; how long each kind lasts stands in ``REST_SECONDS``.  Strikes are counted within an hour, and
of challenges and blocks they are remembered when a request succeeds in between.  Only a closed account has no end of
its own.  Times are epoch seconds (UTC).
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle.evidence import NOTHING_SEEN, Evidence, asked_after
from codex_proxy.accounts.lifecycle.gates import Gate, Stage, stage
from codex_proxy.accounts.lifecycle.states import State

MEMORY_SECONDS: Final = 3600.0
CONFIRMED_BY: Final = 3  # so many calls forbidden within an hour, for different requests, let a usage query decide
_KEPT_SIGHTINGS: Final = 8


class HindranceKind(StrEnum):
    """What stands in the way."""

    CF_CHALLENGE = "cf_challenge"
    PATH_BLOCK = "path_block"
    PAYMENT = "payment"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    TOKEN_REFUSED = "token_refused"
    DEACTIVATED = "deactivated"


STATE_OF: Final[dict[HindranceKind, State]] = {
    HindranceKind.CF_CHALLENGE: State.COOLING,
    HindranceKind.PATH_BLOCK: State.BLOCKED,
    HindranceKind.PAYMENT: State.UNPAID,
    HindranceKind.FORBIDDEN: State.FORBIDDEN,
    HindranceKind.UNAUTHORIZED: State.UNAUTHORIZED,
    HindranceKind.TOKEN_REFUSED: State.EXPIRED,
    HindranceKind.DEACTIVATED: State.DEACTIVATED,
}
KIND_OF: Final[dict[State, HindranceKind]] = {state: kind for kind, state in STATE_OF.items()}

REST_SECONDS: Final[dict[HindranceKind, tuple[float, ...]]] = {
    HindranceKind.CF_CHALLENGE: (10.0, 30.0, 90.0, 120.0),
    HindranceKind.PATH_BLOCK: (10.0, 30.0, 900.0),
    HindranceKind.PAYMENT: (3600.0,),
    HindranceKind.FORBIDDEN: (60.0, 300.0),
    HindranceKind.UNAUTHORIZED: (900.0,),
    HindranceKind.TOKEN_REFUSED: (900.0,),
    HindranceKind.DEACTIVATED: (),
}
"""How long each lasts, by strike; without an entry it has no end of its own.

A refused token is renewed within seconds or not at all; if not, it is tried once more when its time is over.
"""
AWAITED_SECONDS: Final = 3600.0  # how long a forbidden account waits for the query that decides

_REMEMBERED: Final = frozenset({HindranceKind.CF_CHALLENGE, HindranceKind.PATH_BLOCK})


class Sighting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When it was seen, and for which request."""

    at: float
    request_id: str | None = None


class Hindrance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing in an account's way, or the memory of one that is over."""

    kind: HindranceKind
    since: float
    gate: Gate
    sightings: tuple[Sighting, ...]
    evidence: Evidence = NOTHING_SEEN

    @property
    def until(self) -> float | None:
        """When it ends or opens half; None where that takes an event."""
        return self.gate.opens_at

    @property
    def strikes(self) -> int:
        """How often it was seen within the hour before the last time."""
        return len(self.sightings)


def struck(previous: Hindrance | None, kind: HindranceKind, *, now: float, evidence: Evidence) -> Hindrance:
    """The hindrance that begins or goes on ``now``."""
    seen = () if previous is None else tuple(_recent(previous, now))
    sightings = (*seen, Sighting(at=now, request_id=evidence.request_id))[-_KEPT_SIGHTINGS:]
    stands = previous is not None and is_standing(previous, now)
    return Hindrance(
        kind=kind,
        since=previous.since if stands and previous is not None else now,
        gate=_gate(kind, sightings, now),
        sightings=sightings,
        evidence=evidence,
    )


def is_standing(hindrance: Hindrance, now: float) -> bool:
    """Whether it is still in the way, wholly or half."""
    return stage(hindrance.gate, now) is not Stage.OPEN


def is_remembered(hindrance: Hindrance, now: float) -> bool:
    """Whether it has to be kept."""
    return is_standing(hindrance, now) or any(_recent(hindrance, now))


def ended(hindrance: Hindrance, now: float) -> Hindrance | None:
    """What is left when it ends before its time: the memory of its strikes, or nothing."""
    if hindrance.kind not in _REMEMBERED:
        return None
    return msgspec.structs.replace(hindrance, gate=Gate(opens_at=now)) if is_standing(hindrance, now) else hindrance


def survives_success(hindrance: Hindrance, evidence: Evidence, *, now: float) -> bool:
    """Whether a request that succeeded says nothing against it, since it may have been sent before."""
    is_closed = stage(hindrance.gate, now) is Stage.CLOSED
    return is_closed and not asked_after(evidence, hindrance.sightings[-1].at, now=now)


def awaits_decision(hindrance: Hindrance) -> bool:
    """Whether a usage query decides if the account is closed."""
    return hindrance.kind is HindranceKind.FORBIDDEN and hindrance.gate.probe_at is not None


def _gate(kind: HindranceKind, sightings: tuple[Sighting, ...], now: float) -> Gate:
    if kind is HindranceKind.FORBIDDEN and _is_suspicious(sightings):
        return Gate(opens_at=now + AWAITED_SECONDS, probe_at=now)
    rests = REST_SECONDS[kind]
    if not rests:
        return Gate(opens_at=None)
    opens_at = now + rests[min(len(sightings), len(rests)) - 1]
    if kind is HindranceKind.PAYMENT:
        return Gate(opens_at=opens_at, half=True, probe_at=opens_at)
    return Gate(opens_at=opens_at)


def _is_suspicious(sightings: tuple[Sighting, ...]) -> bool:
    requests = {sighting.request_id for sighting in sightings if sighting.request_id is not None}
    return len(sightings) >= CONFIRMED_BY and len(requests) >= 2


def _recent(hindrance: Hindrance, now: float) -> list[Sighting]:
    return [sighting for sighting in hindrance.sightings if now - sighting.at < MEMORY_SECONDS]
