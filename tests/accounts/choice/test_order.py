"""Orders that are kept, against orders that are sorted anew each time."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from codex_proxy.accounts.choice.order import STALE_PER_LIVE, LeastUsedOrder, Order, RingOrder, order_of
from codex_proxy.accounts.rotation import Standing, Strategy, least_used_key, ring_key

ROW_IDS = st.sampled_from("abcdefgh")


def walked(order: Order, last: str | None = None) -> list[str]:
    return [row_id for _, row_id in order.walk(last)]


def standing(row_id: str, **facts: Any) -> Standing:
    return Standing(row_id=row_id, **facts)


class Kept(RuleBasedStateMachine):
    """Accounts come, go and change; the kept orders are those of a sort."""

    def __init__(self) -> None:
        super().__init__()
        self.least_used, self.ring = LeastUsedOrder(), RingOrder()
        self.model: dict[str, Standing] = {}
        self.last: str | None = None

    @rule(row_id=ROW_IDS, slots=st.integers(0, 2), count=st.integers(0, 2), waits=st.booleans())
    def put(self, row_id: str, slots: int, count: int, waits: bool) -> None:
        told = standing(row_id, used_slots=slots, window_request_count=count, must_wait=waits)
        self.model[row_id] = told
        self.least_used.put(told)
        self.ring.put(told)

    @rule(row_id=ROW_IDS)
    def remove(self, row_id: str) -> None:
        self.model.pop(row_id, None)
        self.least_used.remove(row_id)
        self.ring.remove(row_id)

    @rule(row_id=st.none() | ROW_IDS)
    def choose(self, row_id: str | None) -> None:
        self.last = row_id

    @invariant()
    def is_sorted(self) -> None:
        by_use = sorted(self.model.values(), key=least_used_key)
        assert walked(self.least_used) == [told.row_id for told in by_use]
        by_ring = sorted(
            self.model.values(), key=lambda told: ring_key(told.row_id, self.last, must_wait=told.must_wait)
        )
        assert walked(self.ring, self.last) == [told.row_id for told in by_ring]


TestKept = Kept.TestCase
TestKept.settings = settings(stateful_step_count=25)


@given(st.lists(st.builds(Standing, row_id=ROW_IDS, used_slots=st.integers(0, 3)), max_size=30))
def test_keys_come_along_so_that_several_orders_can_be_merged(standings: list[Standing]) -> None:
    for strategy in Strategy:
        order = order_of(strategy)
        for told in standings:
            order.put(told)
        keys = [key for key, _ in order.walk(None)]
        assert keys == sorted(keys)


def test_a_walk_may_be_left_and_begun_again() -> None:
    for strategy in Strategy:
        order = order_of(strategy)
        for row_id in "cab":
            order.put(standing(row_id))
        assert next(order.walk(None))[1] == "a"
        assert walked(order) == ["a", "b", "c"]


def test_what_changed_often_is_found_in_one_place() -> None:
    order = LeastUsedOrder()
    for count in range(1000):
        order.put(standing("a", window_request_count=count))
    order.put(standing("b", window_request_count=5))
    assert walked(order) == ["b", "a"]
    assert len(order._heap) <= STALE_PER_LIVE * 2 + 17


def test_round_robin_has_a_ring_and_the_others_count_use() -> None:
    kinds = {strategy: type(order_of(strategy)) for strategy in Strategy}
    assert kinds == {
        Strategy.LEAST_USED: LeastUsedOrder,
        Strategy.ROUND_ROBIN: RingOrder,
        Strategy.STICKY: LeastUsedOrder,
    }
