"""Gates: how something that bars an account opens again.

Rules of this file: pure.  A gate is closed until ``opens_at``.  One that opens half lets through one canary at a time
until a request succeeds (whoever owns the gate takes it away then); from ``probe_at`` on a usage query is due, whether
the gate is open or not.  No gate waits for ever for a query that nobody makes.  Times are epoch seconds (UTC).
"""

from enum import StrEnum
from typing import Final

import msgspec

CAP_SECONDS: Final = 6 * 3600.0
"""The longest that a limit is believed without asking again, however far its end is."""

CANARY_SECONDS: Final = 120.0  # as long as an answer's headers are waited for; after it a canary counts as lost
PROBE_PATIENCE_SECONDS: Final = 600.0  # how long a query may stay unanswered before a canary goes instead
PROBE_WAITS_SECONDS: Final = (60.0, 300.0, 900.0, 3600.0)


class Stage(StrEnum):
    """How far a gate is open."""

    CLOSED = "closed"
    TRYING = "trying"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Gate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a gate opens (None: not by itself), how, and when a usage query is due (None: none is).

    ``probe_count`` counts queries that got no answer since, ``canary_at`` is when the canary that is out was sent.
    """

    opens_at: float | None
    half: bool = False
    probe_at: float | None = None
    probe_count: int = 0
    canary_at: float | None = None


def gate_of_limit(until: float | None, now: float) -> Gate:
    """The gate of a limit that was seen ``now`` and is said to last ``until`` then."""
    cap = now + CAP_SECONDS
    if until is None or until <= now:
        probe_at = now + PROBE_WAITS_SECONDS[0]
        return Gate(opens_at=probe_at + PROBE_PATIENCE_SECONDS, half=True, probe_at=probe_at)
    if until <= cap:
        return Gate(opens_at=until, half=True, probe_at=until)
    return Gate(opens_at=min(until, cap + PROBE_PATIENCE_SECONDS), half=True, probe_at=cap)


def gate_of_pause(until: float, now: float) -> Gate:
    """The gate of a pause that was asked for ``now``: a usage query could say nothing of it."""
    return Gate(opens_at=min(until, now + CAP_SECONDS), half=True)


def stage(gate: Gate, now: float) -> Stage:
    """How far the gate is open."""
    if gate.opens_at is None or now < gate.opens_at:
        return Stage.CLOSED
    if not gate.half:
        return Stage.OPEN
    return Stage.TRYING if _canary_is_out(gate, now) else Stage.HALF_OPEN


def is_probe_due(gate: Gate, now: float) -> bool:
    """Whether a usage query should be made."""
    return gate.probe_at is not None and gate.probe_at <= now


def opened_half(gate: Gate, now: float) -> Gate:
    """A query said that nothing is in the way: a canary may go."""
    return msgspec.structs.replace(gate, opens_at=_earlier(gate.opens_at, now), probe_at=None)


def probe_failed(gate: Gate, now: float) -> Gate:
    """A query got no answer: a canary may go in its place, and the query is made again later."""
    if not is_probe_due(gate, now):
        return gate
    wait = PROBE_WAITS_SECONDS[min(gate.probe_count, len(PROBE_WAITS_SECONDS) - 1)]
    opens_at = _earlier(gate.opens_at, now) if gate.half else gate.opens_at
    return msgspec.structs.replace(
        gate, opens_at=opens_at, probe_at=now + wait, probe_count=min(gate.probe_count + 1, len(PROBE_WAITS_SECONDS))
    )


def canary_sent(gate: Gate, now: float) -> Gate:
    """A request was sent through a gate that is half open."""
    return msgspec.structs.replace(gate, canary_at=now) if stage(gate, now) is Stage.HALF_OPEN else gate


def canary_lost(gate: Gate) -> Gate:
    """The canary came back without telling anything."""
    return msgspec.structs.replace(gate, canary_at=None)


def changes(gate: Gate, now: float) -> list[float]:
    """The times after ``now`` at which something about this gate changes by itself."""
    canary_ends = None if gate.canary_at is None else gate.canary_at + CANARY_SECONDS
    return [at for at in (gate.opens_at, gate.probe_at, canary_ends) if at is not None and at > now]


def _canary_is_out(gate: Gate, now: float) -> bool:
    return gate.canary_at is not None and 0 <= now - gate.canary_at < CANARY_SECONDS


def _earlier(opens_at: float | None, now: float) -> float:
    return now if opens_at is None else min(opens_at, now)
