"""Which plans have a model: what the upstream's lists say, and what it denied in spite of them.

Rules of this file: no clock.  A plan whose list was never fetched may have any model, and so may an account whose plan
is not known: such an account is denied a model alone.  Times are epoch seconds.
"""

from collections.abc import Mapping
from typing import Final

DENIAL_SECONDS: Final = 3600.0
MAX_DENIALS: Final = 4_096


class PlanRouting:
    """Lists by plan and denials by plan and model; an empty plan is an unknown one.

    ``version`` counts changes, those that time brings being seen when they are asked for.
    """

    def __init__(self) -> None:
        self._lists: Mapping[str, frozenset[str]] = {}
        self._denied_until: dict[tuple[str, str], float] = {}
        self.version = 0

    def learn(self, lists: Mapping[str, frozenset[str]]) -> None:
        """Models by plan, as fetched last; a plan that is not named has no list any more."""
        self._lists = {plan: models for plan, models in lists.items() if plan}
        self.version += 1

    def deny(self, row_id: str, plan: str, model: str, now: float) -> None:
        """The upstream refused this account the model, whatever its plan's list says; believed for an hour."""
        self._denied_until[plan or row_id, model] = now + DENIAL_SECONDS
        if len(self._denied_until) > MAX_DENIALS:
            del self._denied_until[next(iter(self._denied_until))]
        self.version += 1

    def may_serve(self, plan: str, model: str, now: float) -> bool:
        """Whether accounts of this plan may have the model."""
        listed = self._lists.get(plan)
        if listed is not None and model not in listed:
            return False
        return not self._denied_until or not self._is_denied(plan, model, now)

    def account_may_serve(self, row_id: str, plan: str, model: str, now: float) -> bool:
        """Whether this account, of this plan, may have the model."""
        if plan or not self._denied_until:
            return self.may_serve(plan, model, now)
        return not self._is_denied(row_id, model, now)

    def _is_denied(self, whom: str, model: str, now: float) -> bool:
        if (whom, model) not in self._denied_until:
            return False
        if self._denied_until[whom, model] > now:
            return True
        del self._denied_until[whom, model]
        self.version += 1
        return False
