"""Reasons: who can take a request, and what is in the way of the others.

Rules of this file: no clock, changes nothing.  What concerns all accounts costs the same however many there are; only
an answer that nobody can serve looks at each.  Times are epoch seconds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from codex_proxy.accounts.choice.explanation import PassedOver
from codex_proxy.accounts.choice.member import EGRESS_DOWN, NEEDS_LOGIN, SLOTS_TAKEN, EgressFault, Member, earliest
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.choice.plans import PlanRouting
from codex_proxy.accounts.choice.roster import Roster
from codex_proxy.accounts.lifecycle.states import State

TRIED: Final = "tried_already"
PLAN_LACKS_MODEL: Final = "plan_lacks_model"
LOWER_TIER: Final = "lower_tier"
FURTHER_BACK: Final = "further_back"
FOR_THE_OWNER: Final = frozenset({NEEDS_LOGIN, State.DISABLED.value, State.DEACTIVATED.value})
"""Obstacles that go away only by what the owner does."""
REMEMBERED: Final = 256  # answers that nobody can serve, while nothing changes


class Asked(NamedTuple):
    """One question: what is needed, whom not to name, whom to name once more if it still serves, and when."""

    need: Need
    exclude: frozenset[str]
    again: str | None
    now: float


class NoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can serve this now.

    ``reasons`` counts all accounts by what is in their way; ``is_busy`` says that only slots are missing somewhere;
    ``retry_at`` is when the first may be usable again, None where nobody knows; ``egress`` are the ways out that are
    shut.
    """

    reasons: Mapping[str, int]
    is_busy: bool = False
    retry_at: float | None = None
    egress: tuple[EgressFault, ...] = ()


class Reasons:
    """Answers why, over a roster and the plans' models."""

    def __init__(self, roster: Roster, plans: PlanRouting) -> None:
        self._roster = roster
        self._plans = plans
        self._seen = (-1, -1)
        self._counts: dict[tuple[str, str, int], Mapping[str, int]] = {}
        self._nobody: dict[tuple[str, str, str | None, frozenset[str]], NoAccount] = {}

    def tier_of(self, plan: str) -> int:
        """The rank of a plan among the owner's tiers, 0 being the best."""
        tiers = self._roster.policy.tier_priority
        return tiers.index(plan) if plan in tiers else len(tiers)

    def has_model(self, member: Member, model: str, now: float) -> bool:
        """Whether the account may have the model."""
        return self._plans.account_may_serve(member.row_id, member.plan, model, now)

    def is_free(self, row_id: str, asked: Asked, *, holds_slot: bool = False) -> bool:
        """Whether an account can take the request now; ``holds_slot``: it has given its slot for it already."""
        if row_id in asked.exclude or self.obstacle(row_id, asked.need, asked.now) is not None:
            return False
        return holds_slot or not self._roster.is_full(self._roster.members[row_id])

    def obstacle(self, row_id: str, need: Need, now: float) -> str | None:
        """What keeps an account from serving such requests; None where nothing but a missing slot can."""
        place = self._roster.candidates(need.bucket, now).place(row_id)
        if place is None:
            return NEEDS_LOGIN
        if self._plans.account_may_serve(row_id, place.plan, need.model, now) or place.obstacle in FOR_THE_OWNER:
            return place.obstacle
        return PLAN_LACKS_MODEL

    def back_at(self, member: Member, bucket: str) -> float | None:
        """When an account that cannot be used may be usable again."""
        verdict = member.seats[bucket].verdict
        if not verdict.usable:
            return verdict.until
        return member.egress.until if member.egress is not None else None

    def nobody(self, asked: Asked, *, only: str | None) -> NoAccount:
        """Why nobody can serve, of all accounts or of the ``only`` one that may."""
        need = asked.need
        self._roster.refresh(asked.now)
        self._compare()
        known = self._nobody.get((need.bucket, need.model, only, asked.exclude))
        if known is None:
            members = self._roster.members
            known = self._find_nobody(members if only is None else {only} & members.keys(), asked)
            if len(self._nobody) >= REMEMBERED:
                self._nobody.clear()
            self._nobody[need.bucket, need.model, only, asked.exclude] = known
        return known

    def counts(self, asked: Asked, *, chosen: str) -> Mapping[str, int]:
        """How many accounts were not chosen, by why, at the last refresh; costs the same however many there are."""
        tier = self.tier_of(self._roster.members[chosen].plan)
        self._compare()
        known = self._counts.get((asked.need.bucket, asked.need.model, tier))
        if known is None:
            known = self._counts[asked.need.bucket, asked.need.model, tier] = self._count(asked, tier)
        return known

    def details(self, asked: Asked, *, limit: int) -> tuple[PassedOver, ...]:
        """Some of those who could not be chosen, and why."""
        exclude, places = asked.exclude, self._roster.candidates(asked.need.bucket, asked.now).places()
        named = (row_id for row_id, place in places if place.obstacle is not None or row_id in exclude)
        return tuple(self._detail(row_id, asked) for row_id in islice(named, limit))

    def _compare(self) -> None:
        """Forget what was found while places were others."""
        seen = (self._roster.version, self._plans.version)
        if seen != self._seen:
            self._seen = seen
            self._counts.clear()
            self._nobody.clear()

    def _find_nobody(self, row_ids: Iterable[str], asked: Asked) -> NoAccount:
        found: Counter[str] = Counter()
        back_at: list[float | None] = []
        egress: dict[str, EgressFault] = {}
        for row_id in row_ids:
            member = self._roster.members[row_id]
            obstacle = self.obstacle(row_id, asked.need, asked.now)
            if obstacle is None:
                obstacle = TRIED if row_id in asked.exclude else SLOTS_TAKEN
            elif obstacle != PLAN_LACKS_MODEL:
                back_at.append(self.back_at(member, asked.need.bucket))
            if obstacle == EGRESS_DOWN and member.egress is not None:
                egress[member.egress.name] = member.egress
            found[obstacle] += 1
        return NoAccount(
            reasons=dict(found),
            is_busy=SLOTS_TAKEN in found,
            retry_at=earliest(*back_at),
            egress=tuple(egress.values()),
        )

    def _count(self, asked: Asked, tier: int) -> Mapping[str, int]:
        candidates = self._roster.candidates(asked.need.bucket, asked.now)
        counted: Counter[str] = Counter(candidates.hindered)
        for plan, group in candidates.groups.items():
            if not self._plans.may_serve(plan, asked.need.model, asked.now):
                counted[PLAN_LACKS_MODEL] += len(group.points)
            else:
                counted[SLOTS_TAKEN] += len(group.full)
                reason = FURTHER_BACK if self.tier_of(plan) <= tier else LOWER_TIER
                counted[reason] += len(group.points) - len(group.full)
        counted[FURTHER_BACK] -= 1  # the chosen one
        return {reason: count for reason, count in counted.items() if count > 0}

    def _detail(self, row_id: str, asked: Asked) -> PassedOver:
        obstacle = self.obstacle(row_id, asked.need, asked.now)
        until = self.back_at(self._roster.members[row_id], asked.need.bucket)
        return PassedOver(row_id=row_id, reason=obstacle or TRIED, until=until)
