"""The roster: all accounts and their places in every bucket, kept up to date change by change.

Rules of this file: no clock.  Nobody reads places without ``refresh``, which seats again only whom something happened
to and whose time has come.  Times are epoch seconds.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import TypeAlias

from codex_proxy.accounts.choice.candidates import Candidates, Place
from codex_proxy.accounts.choice.member import Member, changes_at, count, judge, obstacle, standing
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.lifecycle.status import event_of, shown
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET
from codex_proxy.accounts.record import AccountEvent

Tell: TypeAlias = Callable[[AccountEvent], None]
Freed: TypeAlias = Callable[[str], None]


class Roster:
    """Members by row id, and who of them could serve what.

    ``on_event`` is told every change of an account's status, by whatever it came; ``on_freed`` every account that can
    take another request and could not before.  ``policy`` is read here and changed by ``change_policy``; ``version``
    counts changes of places and verdicts.  ``request_floor`` is, by bucket, the count of requests that a newcomer
    begins with: that of the account chosen last, so that it does not take all the traffic until it has caught up.
    """

    def __init__(self, policy: ChoicePolicy, *, on_event: Tell) -> None:
        self.members: dict[str, Member] = {}
        self.version = 0
        self.on_freed: Freed = _nobody_cares
        self.policy = policy
        self.request_floor: dict[str, int] = {}
        self._on_event = on_event
        self._buckets: dict[str, Candidates] = {DEFAULT_BUCKET: Candidates(policy.strategy)}
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}
        self._changed: dict[str, bool] = {}

    def change_policy(self, policy: ChoicePolicy) -> None:
        """The owner has other rules from now on."""
        self.policy = policy
        self._buckets = {name: Candidates(policy.strategy) for name in self._buckets}
        self._changed = dict.fromkeys(self.members, True)

    def put(self, member: Member) -> None:
        """Take an account in; it has its places from the next refresh on."""
        self.members[member.row_id] = member
        self._changed[member.row_id] = True

    def remove(self, row_ids: Iterable[str]) -> None:
        """Let accounts go."""
        for row_id in row_ids:
            if self.members.pop(row_id, None) is not None:
                self._changed.pop(row_id, None)
                self._due_at.pop(row_id, None)
                self.version += 1
                for candidates in self._buckets.values():
                    candidates.remove(row_id)

    def judge_anew(self, row_id: str) -> None:
        """Something happened to an account."""
        self._changed[row_id] = True

    def count_anew(self, member: Member, now: float) -> None:
        """The upstream told an account's counters, and nothing that could stand in its way: it keeps its places."""
        for bucket, seat in member.seats.items():
            count(seat, member, bucket, now, policy=self.policy)
        self._plan(member, now)
        self.rank_anew(member.row_id)

    def rank_anew(self, row_id: str) -> None:
        """Something happened to an account on which only its rank depends."""
        self._changed.setdefault(row_id, False)

    def refresh(self, now: float) -> None:
        """Bring every place up to date."""
        due = self._due
        while due and due[0][0] <= now:
            at, row_id = heappop(due)
            if self._due_at.get(row_id) == at:
                del self._due_at[row_id]
                self._changed[row_id] = True
        if self._changed:
            changed, self._changed = self._changed, {}
            freed = [row_id for row_id, anew in changed.items() if anew and self._seat(self.members[row_id], now)]
            for row_id in changed:
                self._rank(self.members[row_id], now)
            for row_id in freed:
                self.on_freed(row_id)

    def is_full(self, member: Member) -> bool:
        """Whether all slots of an account are taken."""
        limit = self.policy.max_concurrent
        return limit is not None and member.used_slots >= limit

    def candidates(self, bucket: str, now: float) -> Candidates:
        """Who could serve requests of this bucket."""
        self.refresh(now)
        if bucket not in self._buckets:
            self._buckets[bucket] = Candidates(self.policy.strategy)
            for member in self.members.values():
                self._seat_in(bucket, member, now)
                self._rank(member, now)
                self._plan(member, now)
        return self._buckets[bucket]

    def next_change(self, now: float) -> float | None:
        """When a place changes next by itself."""
        self.refresh(now)
        return self._due[0][0] if self._due else None

    def _seat(self, member: Member, now: float) -> bool:
        """Judge a member anew and find its place in every bucket; whether it can be used where it could not before."""
        freed = [name for name in self._buckets if self._seat_in(name, member, now)]
        self._show(member, now)
        self._plan(member, now)
        return bool(freed)

    def _seat_in(self, bucket: str, member: Member, now: float) -> bool:
        candidates, held = self._buckets[bucket], member.seats.get(bucket)
        seat = member.seats[bucket] = judge(member, bucket, now, self.policy)
        if held is None:
            seat.request_count = self.request_floor.get(bucket, 0)
        place = Place(member.plan, obstacle(member, seat, now))
        moved = candidates.put(member.row_id, place, member.point)
        self.version += moved or held is None or held.verdict != seat.verdict
        return moved and place.obstacle is None

    def _rank(self, member: Member, now: float) -> None:
        """Give a member its rank in every bucket."""
        is_full = self.is_full(member)
        for name, candidates in self._buckets.items():
            self.version += candidates.rank(standing(member, member.seats[name], now), is_full=is_full)

    def _show(self, member: Member, now: float) -> None:
        before, member.shown = member.shown, shown(member.condition, member.facts, now=now)
        event = None if before is None else event_of(member.row_id, before, member.shown, at=now)
        if event is not None:
            self._on_event(event)

    def _plan(self, member: Member, now: float) -> None:
        at = changes_at(member, now)
        known = self._due_at.get(member.row_id)
        if at is not None and (known is None or at < known):
            self._due_at[member.row_id] = at
            heappush(self._due, (at, member.row_id))


def _nobody_cares(row_id: str) -> None:
    """Until somebody waits."""
