"""Redeeming a reset credit, so that a lost answer never costs a second one.

Rules of this file: pure.  A redemption keeps its id until its outcome is known: who asks again after an unclear answer
asks with the same id.  Times are epoch seconds (UTC).
"""

from typing import Final, TypeAlias

import msgspec

COOLDOWN_SECONDS: Final = 30.0


class Redemption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A redemption that was asked for; ``request_id`` is what makes asking again harmless.

    ``settled_at`` is when its outcome became known, None while nobody knows it.
    """

    request_id: str
    asked_at: float
    settled_at: float | None = None


class TooSoon(msgspec.Struct, frozen=True, kw_only=True):
    """Another one may be asked for at ``until``."""

    until: float


Asked: TypeAlias = Redemption | TooSoon


def asked(last: Redemption | None, *, fresh_id: str, now: float) -> Asked:
    """The redemption to ask for now; keep it before asking.  ``fresh_id`` is used only for a new one."""
    if last is None:
        return Redemption(request_id=fresh_id, asked_at=now)
    if 0 <= now - last.asked_at < COOLDOWN_SECONDS:
        return TooSoon(until=last.asked_at + COOLDOWN_SECONDS)
    if last.settled_at is None:
        return msgspec.structs.replace(last, asked_at=now)
    return Redemption(request_id=fresh_id, asked_at=now)


def settled(asked_for: Redemption, *, now: float) -> Redemption:
    """The redemption after its outcome became known, whatever it is."""
    return msgspec.structs.replace(asked_for, settled_at=now)
