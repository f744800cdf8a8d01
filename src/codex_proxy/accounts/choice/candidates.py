"""Who could serve requests of one bucket: the usable accounts of each plan in order, and what is in the others' way.

Rules of this file: pure.  A change costs the same however many accounts there are; every account has one place.  Slots
are no matter of places: a full account keeps its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from codex_proxy.accounts.choice.order import Order, order_of
from codex_proxy.accounts.rotation import Standing, Strategy


class Place(NamedTuple):
    """Where an account stands: its plan, and what is in its way (None: nothing but a missing slot can be)."""

    plan: str
    obstacle: str | None


class PlanGroup:
    """The usable accounts of one plan.

    ``points`` holds them by row id, for rendezvous, and ``order`` in the strategy's order; ``full`` are those of them
    without a slot.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.order: Order = order_of(strategy)
        self.points: dict[str, int] = {}
        self.full: set[str] = set()


class Candidates:
    """The places of all accounts in one bucket."""

    def __init__(self, strategy: Strategy) -> None:
        self.groups: dict[str, PlanGroup] = {}
        self._strategy = strategy
        self._places: dict[str, Place] = {}
        self._hindered: Counter[str] = Counter()

    @property
    def hindered(self) -> Mapping[str, int]:
        """How many accounts cannot be used, by what is in their way."""
        return self._hindered

    def put(self, row_id: str, place: Place, point: int) -> bool:
        """Give an account its place; whether it is another one than before."""
        known = self._places.get(row_id)
        if known == place:
            return False
        if known is not None:
            self._leave(row_id, known)
        self._places[row_id] = place
        if place.obstacle is not None:
            self._hindered[place.obstacle] += 1
            return True
        group = self.groups.get(place.plan)
        if group is None:
            group = self.groups[place.plan] = PlanGroup(self._strategy)
        group.points[row_id] = point
        return True

    def rank(self, standing: Standing, *, is_full: bool) -> bool:
        """Give a usable account its rank; whether its having a slot is new.  Others have none."""
        place = self._places[standing.row_id]
        if place.obstacle is not None:
            return False
        group = self.groups[place.plan]
        group.order.put(standing)
        if is_full is (standing.row_id in group.full):
            return False
        if is_full:
            group.full.add(standing.row_id)
        else:
            group.full.remove(standing.row_id)
        return True

    def remove(self, row_id: str) -> None:
        """Take an account out."""
        place = self._places.pop(row_id, None)
        if place is not None:
            self._leave(row_id, place)

    def place(self, row_id: str) -> Place | None:
        """Where an account stands."""
        return self._places.get(row_id)

    def places(self) -> Iterator[tuple[str, Place]]:
        """Every account and where it stands."""
        return iter(self._places.items())

    def _leave(self, row_id: str, place: Place) -> None:
        if place.obstacle is None:
            group = self.groups[place.plan]
            group.order.remove(row_id)
            group.full.discard(row_id)
            del group.points[row_id]
            return
        self._hindered[place.obstacle] -= 1
        if not self._hindered[place.obstacle]:
            del self._hindered[place.obstacle]
