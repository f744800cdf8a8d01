"""An account as the pool holds it: what is kept of it, what is going on with it, and what follows for each bucket.

Rules of this file: no clock.  Members and seats are the pool's own and change in place; everything they hold is a
value.  Times are epoch seconds.
"""

from typing import Final

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.lifecycle.condition import FRESH, Condition
from codex_proxy.accounts.lifecycle.gates import Stage, stage
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.lifecycle.status import Shown
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Verdict, verdict
from codex_proxy.accounts.quota.buckets import WindowReading, find_bucket, next_reset, rolled
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.accounts.rotation import Standing
from codex_proxy.canonical.failure import FailureKind

SLOTS_TAKEN: Final = "slots_taken"
EGRESS_DOWN: Final = "egress_down"
NEEDS_LOGIN: Final = "needs_login"


class EgressFault(msgspec.Struct, frozen=True, kw_only=True):
    """The way out of an account is shut.

    ``name`` is what the owner calls it, without a password; ``kind`` is the failure to tell where nothing else is wrong
    (unreachable, or the upstream refuses its country); ``until`` None where nobody knows.
    """

    name: str
    kind: FailureKind
    until: float | None = None


class Seat(msgspec.Struct, kw_only=True):
    """One account in one bucket: the verdict of the moment, and what the orders look at.

    ``window_ends_at`` is when ``request_count`` begins anew, None while nobody told the window's end.
    """

    verdict: Verdict
    limited: bool = False
    used_percent: float = 0.0
    resets_at: float | None = None
    request_count: int = 0
    window_ends_at: float | None = None
    changes_at: float | None = None


class Member(msgspec.Struct, kw_only=True):
    """One account.

    ``account`` is None without an access token; ``point`` is its place in rendezvous hashing; ``shown`` is its
    status as it was judged last; ``rests_until`` is when spacing lets its next request start.
    """

    row_id: str
    record: AccountRecord
    account: Account | None
    point: int
    condition: Condition = FRESH
    refreshing: bool = False
    shown: Shown | None = None
    egress: EgressFault | None = None
    used_slots: int = 0
    last_used_at: float = 0.0
    rests_until: float = 0.0
    seats: dict[str, Seat] = {}

    @property
    def plan(self) -> str:
        """The plan, empty if unknown; the upstream's own word is newer than the token's."""
        return self.condition.plan or self.record.plan or ""

    @property
    def facts(self) -> CredentialFacts:
        """What the verdict looks at beside the condition."""
        record = self.record
        return CredentialFacts(
            enabled=record.enabled,
            death=record.death,
            expires_at=record.expires_at,
            refreshing=self.refreshing,
            has_access_token=self.account is not None,
            died_at=record.died_at,
            has_refresh_token=record.has_refresh_token or record.followed_file is not None,
            generation=record.generation,
        )


def judge(member: Member, bucket: str, now: float, policy: ChoicePolicy) -> Seat:
    """The account's seat in a bucket as of now, its counter carried over."""
    found = verdict(member.condition, member.facts, bucket=bucket, now=now, skip_exhausted=policy.skip_exhausted)
    held = member.seats.get(bucket)
    seat = Seat(verdict=found, changes_at=found.changes_at)
    if held is not None:
        seat.request_count, seat.window_ends_at = held.request_count, held.window_ends_at
    count(seat, member, bucket, now, policy=policy)
    return seat


def count(seat: Seat, member: Member, bucket: str, now: float, *, policy: ChoicePolicy) -> None:
    """Bring a seat up to date with the counters that are known of the account; the verdict is none of theirs."""
    if seat.window_ends_at is not None and seat.window_ends_at <= now:
        seat.request_count = 0
    known = find_bucket(member.condition.buckets, bucket)
    if known is None:
        seat.window_ends_at = None
        return
    current = rolled(known, now)
    fullest = _fullest(current.primary, current.secondary)
    seat.limited = current.limit_reached and not policy.skip_exhausted
    seat.used_percent = fullest.used_percent if fullest else 0.0
    seat.resets_at = fullest.resets_at if fullest else None
    seat.window_ends_at = current.primary.resets_at if current.primary else None
    seat.changes_at = earliest(seat.verdict.changes_at, next_reset(current, now))


def standing(member: Member, seat: Seat, now: float) -> Standing:
    """What the orders look at."""
    return Standing(
        row_id=member.row_id,
        limited=seat.limited,
        used_slots=member.used_slots,
        used_percent=seat.used_percent,
        resets_at=seat.resets_at,
        must_wait=member.rests_until > now,
        window_request_count=seat.request_count,
        last_used_at=member.last_used_at,
    )


def obstacle(member: Member, seat: Seat, now: float) -> str | None:
    """What keeps the account from being used for this bucket; None where nothing but a missing slot can."""
    if not seat.verdict.usable:
        expired = seat.verdict.state is State.EXPIRED and seat.verdict.needs_owner
        return NEEDS_LOGIN if expired else seat.verdict.state.value
    if member.egress is not None and (member.egress.until is None or now < member.egress.until):
        return EGRESS_DOWN
    return None


def changes_at(member: Member, now: float) -> float | None:
    """When something about the account changes by itself next."""
    own = (member.rests_until, member.egress.until if member.egress else None)
    times = [at for at in (*own, *(seat.changes_at for seat in member.seats.values())) if at is not None and at > now]
    return min(times, default=None)


def is_trying(member: Member, now: float) -> bool:
    """Whether a single request is out to find whether the account can be used again."""
    held = member.condition
    gates = [*(hindrance.gate for hindrance in held.hindrances), *(lock.gate for lock in held.locks)]
    return any(stage(gate, now) is Stage.TRYING for gate in gates)


def _fullest(primary: WindowReading | None, secondary: WindowReading | None) -> WindowReading | None:
    if primary is None or (secondary is not None and secondary.used_percent > primary.used_percent):
        return secondary
    return primary


def earliest(*times: float | None) -> float | None:
    """The first of these times; None counts as never."""
    return min((at for at in times if at is not None), default=None)
