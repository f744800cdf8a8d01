"""Ranking: who could serve a request, best first, found step by step so that nobody is looked at in vain.

Rules of this file: no clock.  The steps are those of the specification: out go accounts tried already, hindered, full,
or known to be limited; then plans without the model; then all but the best tier that has somebody left.  Only among
those left the conversation's home is asked for, then the strategy.  Times are epoch seconds.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import Final, TypeAlias

from codex_proxy.accounts.affinity import AffinityMap, rendezvous
from codex_proxy.accounts.choice.candidates import Candidates, PlanGroup
from codex_proxy.accounts.choice.member import is_trying
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.accounts.choice.plans import PlanRouting
from codex_proxy.accounts.choice.reasons import Asked, NoAccount, Reasons
from codex_proxy.accounts.choice.roster import Roster
from codex_proxy.accounts.rotation import Strategy

SHORT_LOCK_SECONDS: Final = 60.0  # a shorter lock does not move a conversation's home

Ranked: TypeAlias = tuple[str, Basis]
"""A row id and why it has its rank."""


class Ranking:
    """Who could serve, best first; walked before anything else is asked of the pool."""

    def __init__(self, best: Ranked, others: Iterator[Ranked]) -> None:
        self._best = best
        self._others = others

    @property
    def best(self) -> str:
        """The row id of the first."""
        return self._best[0]

    def __iter__(self) -> Iterator[Ranked]:
        return chain((self._best,), self._others)


class Ranker:
    """Ranks the members of a roster, and remembers what its strategies and conversations need."""

    def __init__(self, roster: Roster, *, affinity: AffinityMap, plans: PlanRouting, reasons: Reasons) -> None:
        self._roster = roster
        self._affinity = affinity
        self._plans = plans
        self._reasons = reasons
        self._last_chosen: str | None = None
        self._current: dict[str, str] = {}

    def rank(self, asked: Asked) -> Ranking | NoAccount:
        """Who could serve."""
        candidates = self._roster.candidates(asked.need.bucket, asked.now)
        only = self._only(asked)
        if only is not None:
            if self._reasons.is_free(only[0], asked):
                return Ranking(only, iter(()))
            return self._reasons.nobody(asked, only=only[0])
        walk = self._walk(candidates, asked)
        best = next(walk, None)
        return self._reasons.nobody(asked, only=None) if best is None else Ranking(best, walk)

    def serves(self, row_id: str, asked: Asked, *, holds_slot: bool = False) -> bool:
        """Whether this account is one of those that could serve; ``holds_slot``: it has given its slot already."""
        only = self._only(asked)
        if only is not None and only[0] != row_id:
            return False
        return self._reasons.is_free(row_id, asked, holds_slot=holds_slot)

    def chosen(self, row_id: str, need: Need, basis: Basis, now: float) -> None:
        """Note whom the strategy chose, and where the conversation lives from now on."""
        if basis is Basis.HOME:
            return
        if basis in {Basis.STRATEGY, Basis.CURRENT}:
            self._last_chosen = row_id
        if basis is Basis.STRATEGY and self._roster.policy.strategy is Strategy.STICKY:
            self._keep_current(row_id, need, now)
        if need.conversation is not None and basis is not Basis.AGAIN:
            home = self._affinity.home(need.conversation, now)
            if home is None or (home != row_id and self._has_left(home, row_id, need, now)):
                self._affinity.settle(need.conversation, row_id, now)

    def _keep_current(self, row_id: str, need: Need, now: float) -> None:
        if not self._is_good(self._current.get(need.client_key_id), need, now):
            self._current[need.client_key_id] = row_id

    def forget(self, row_ids: frozenset[str]) -> None:
        """These accounts are gone."""
        self._affinity.leave(row_ids)
        self._current = {key: row_id for key, row_id in self._current.items() if row_id not in row_ids}

    def _only(self, asked: Asked) -> Ranked | None:
        if asked.need.bound_to is not None:
            return asked.need.bound_to, Basis.BOUND
        if asked.again is not None and self._is_good(asked.again, asked.need, asked.now):
            return asked.again, Basis.AGAIN
        return None

    def _is_good(self, row_id: str | None, need: Need, now: float) -> bool:
        """Whether nothing but a missing slot can keep this account from serving."""
        return row_id is not None and self._reasons.obstacle(row_id, need, now) is None

    @property
    def _has_tiers(self) -> bool:
        return bool(self._roster.policy.tier_priority)

    def _tiers(self, candidates: Candidates, asked: Asked) -> Iterator[list[PlanGroup]]:
        """The plans that may have the model, in groups of equal rank, best first."""
        ranked: dict[int, list[PlanGroup]] = {}
        for plan, group in candidates.groups.items():
            if group.points and self._plans.may_serve(plan, asked.need.model, asked.now):
                ranked.setdefault(self._reasons.tier_of(plan), []).append(group)
        return (ranked[rank] for rank in sorted(ranked))

    def _walk(self, candidates: Candidates, asked: Asked) -> Iterator[Ranked]:
        """The free accounts of the best tier that has any, best first."""
        conversation = asked.need.conversation
        home = None if conversation is None else self._affinity.home(conversation, asked.now)
        if home is not None and not self._has_tiers and self._reasons.is_free(home, asked):
            yield home, Basis.HOME  # the usual case: nobody else is looked at
        for tier in self._tiers(candidates, asked):
            walk = self._walk_tier(tier, asked, home)
            best = next(walk, None)
            if best is not None:
                yield best
                yield from walk
                return

    def _walk_tier(self, tier: Sequence[PlanGroup], asked: Asked, home: str | None) -> Iterator[Ranked]:
        conversation = asked.need.conversation
        if home is not None and self._has_tiers and self._is_among(home, tier, asked):
            yield home, Basis.HOME
        if conversation is not None and (home is not None or asked.need.is_continued):
            basis = Basis.RENDEZVOUS if home is None else Basis.STAND_IN
            for row_id in rendezvous(conversation, [group.points for group in tier]):
                if row_id != home and self._reasons.is_free(row_id, asked):
                    yield row_id, basis
        else:
            yield from self._by_strategy(tier, asked)

    def _by_strategy(self, tier: Sequence[PlanGroup], asked: Asked) -> Iterator[Ranked]:
        current = None
        if self._roster.policy.strategy is Strategy.STICKY:
            current = self._current.get(asked.need.client_key_id)
        if current is not None and self._is_among(current, tier, asked):
            yield current, Basis.CURRENT
        walks = [group.order.walk(self._last_chosen) for group in tier]
        for _, row_id in walks[0] if len(walks) == 1 else merge(*walks):
            if row_id != current and self._reasons.is_free(row_id, asked):
                yield row_id, Basis.STRATEGY

    def _is_among(self, row_id: str, tier: Sequence[PlanGroup], asked: Asked) -> bool:
        return any(row_id in group.points for group in tier) and self._reasons.is_free(row_id, asked)

    def _has_left(self, home: str, row_id: str, need: Need, now: float) -> bool:
        """Whether a conversation that ``row_id`` serves lives there from now on, and no longer in its old home."""
        member, other = self._roster.members.get(home), self._roster.members[row_id]
        if member is None or not self._reasons.has_model(member, need.model, now):
            return True
        if self._is_good(home, need, now):
            return self._reasons.tier_of(other.plan) < self._reasons.tier_of(member.plan)
        until = self._reasons.back_at(member, need.bucket)
        return (until is None or until - now > SHORT_LOCK_SECONDS) and not is_trying(member, now)
