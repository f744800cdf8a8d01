"""The ledger's law: what is reserved and spent stays within the budget, and what is settled is settled once."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, create_engine, insert, select

from codex_proxy.access.granted.budgets import Amount
from codex_proxy.access.granted.periods import Period, period_start
from codex_proxy.access.granted.store import Batch, Reservation, Spending
from codex_proxy.storage.sql.client_keys.ledger import HOURS_KEPT_DAYS, REMEMBERED_SECONDS, book, standings
from codex_proxy.storage.sql.client_keys.rows import budget_rows, columns_of
from codex_proxy.storage.sql.tables.client_keys import (
    CLIENT_KEY_BUDGETS,
    CLIENT_KEY_HOURS,
    CLIENT_KEY_RESERVATIONS,
    CLIENT_KEYS,
)
from codex_proxy.storage.sql.tables.every import METADATA
from tests.access.granted.samples import KEY_ID, NOW, granted, tokens, usd

LIFE_SECONDS = 60.0


def opened() -> tuple[Any, Connection]:
    engine = create_engine("sqlite://")
    connection = engine.connect()
    METADATA.create_all(connection)
    return engine, connection


def add(connection: Connection, *budgets: Any) -> None:
    key = granted(budgets=budgets)
    connection.execute(insert(CLIENT_KEYS).values(columns_of(key)))
    if budgets:
        connection.execute(insert(CLIENT_KEY_BUDGETS), budget_rows(key))


def wanted(name: str, amount: Amount, now: float = NOW) -> Reservation:
    return Reservation(reservation_id=name, key_id=KEY_ID, amount=amount, expires_at=now + LIFE_SECONDS)


def spent(name: str | None, count: int, now: float = NOW, **members: Any) -> Spending:
    return Spending(key_id=KEY_ID, at=now, reservation_id=name, input_tokens=count, micro_usd=count, **members)


class Books(RuleBasedStateMachine):
    """Requests reserve, are settled (twice, late), renewed, forgotten and given back, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.engine, self.connection = opened()
        self.now, self.count = NOW, 0
        self.open: dict[str, tuple[int, float]] = {}  # what each holds, and until when
        self.settled: dict[str, tuple[int, float]] = {}
        self.overrun = False

    def teardown(self) -> None:
        self.connection.close()
        self.engine.dispose()

    @initialize(limit=st.integers(0, 50), hourly=st.integers(0, 30))
    def grant(self, limit: int, hourly: int) -> None:
        self.limits = {Period.TOTAL: limit, Period.HOUR: hourly}
        add(self.connection, usd(limit), tokens(hourly, Period.HOUR))

    @rule(amounts=st.lists(st.integers(0, 12), min_size=1, max_size=4))
    def reserve(self, amounts: list[int]) -> None:
        names = [f"r{self.count + number}" for number in range(len(amounts))]
        self.count += len(amounts)
        asked = [
            wanted(name, Amount(tokens=amount, micro_usd=amount), self.now)
            for name, amount in zip(names, amounts, strict=True)
        ]
        refusals = book(self.connection, Batch(wanted=tuple(asked)), now=self.now)
        for each, refusal in zip(asked, refusals, strict=True):
            if refusal is None:
                self.open[each.reservation_id] = (each.amount.tokens, each.expires_at)

    @precondition(lambda self: self.open)
    @rule(number=st.integers(0, 20), part=st.floats(0, 1), again=st.booleans(), counts=st.booleans())
    def settle(self, number: int, part: float, *, again: bool, counts: bool) -> None:
        name = sorted(self.open)[number % len(self.open)]
        held, until = self.open.pop(name)
        cost = int(held * part) if counts else 0
        self.overrun = self.overrun or (until <= self.now and cost > 0)  # news that came too late
        batch = Batch(spent=(spent(name, cost, self.now, counts=counts),) * (2 if again else 1))
        book(self.connection, batch, now=self.now)
        self.settled[name] = (cost, self.now)

    @precondition(lambda self: self.settled)
    @rule(number=st.integers(0, 20))
    def settle_once_more(self, number: int) -> None:
        name = sorted(self.settled)[number % len(self.settled)]
        cost, at = self.settled[name]
        if self.now - at < REMEMBERED_SECONDS / 2:
            book(self.connection, Batch(spent=(spent(name, cost, self.now),)), now=self.now)

    @precondition(lambda self: self.open)
    @rule()
    def renew(self) -> None:
        until = self.now + LIFE_SECONDS
        book(self.connection, Batch(renewed=tuple(self.open), renewed_until=until), now=self.now)
        self.open = {name: (held, until if end > self.now else end) for name, (held, end) in self.open.items()}

    @rule()
    def tidy(self) -> None:
        book(self.connection, Batch(tidies=True), now=self.now)

    @rule(seconds=st.sampled_from([1.0, 61.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def nothing_is_lost_doubled_or_beyond_the_budget(self) -> None:
        if not hasattr(self, "limits"):
            return
        standing = standings(self.connection, [KEY_ID], now=self.now)[KEY_ID]
        by_hour: dict[int, int] = defaultdict(int)
        for cost, at in self.settled.values():
            by_hour[period_start(Period.HOUR, at)] += cost
        assert standing.used.micro_usd == sum(by_hour.values())
        assert standing.spent[Period.HOUR].tokens == by_hour[period_start(Period.HOUR, self.now)]
        held = sum(held for held, until in self.open.values() if until > self.now)
        assert standing.reserved == Amount(tokens=held, micro_usd=held)
        if not self.overrun:
            assert standing.spent[Period.TOTAL].micro_usd + held <= self.limits[Period.TOTAL]
            assert standing.spent[Period.HOUR].tokens + held <= self.limits[Period.HOUR]


Books.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestBooks = Books.TestCase


@pytest.fixture
def connection() -> Any:
    engine, connection = opened()
    yield connection
    connection.close()
    engine.dispose()


def test_s_11_fifty_at_once_with_money_for_five(connection: Connection) -> None:
    add(connection, usd(100))
    asked = tuple(wanted(f"r{number}", Amount(micro_usd=20)) for number in range(50))
    refusals = book(connection, Batch(wanted=asked), now=NOW)
    assert [refusal is None for refusal in refusals] == [True] * 5 + [False] * 45


def test_what_expired_is_free_again_and_its_late_news_counts_once(connection: Connection) -> None:
    add(connection, usd(10))
    assert book(connection, Batch(wanted=(wanted("a", Amount(micro_usd=10)),)), now=NOW) == (None,)
    late = NOW + LIFE_SECONDS + 1
    assert book(connection, Batch(wanted=(wanted("b", Amount(micro_usd=10), late),)), now=late) == (None,)
    much_later = late + 3 * REMEMBERED_SECONDS
    book(connection, Batch(tidies=True), now=much_later)
    for _ in range(2):
        book(connection, Batch(spent=(spent("a", 7, much_later),)), now=much_later)
    assert standings(connection, [KEY_ID], now=much_later)[KEY_ID].used.micro_usd == 7


def test_u_02_requests_that_failed_or_used_nothing_are_counted(connection: Connection) -> None:
    add(connection)
    batch = Batch(spent=(spent(None, 0), spent(None, 0, failed=True), Spending(key_id=KEY_ID, at=NOW, micro_usd=None)))
    book(connection, batch, now=NOW)
    used = standings(connection, [KEY_ID], now=NOW)[KEY_ID].used
    assert (used.request_count, used.failed_count, used.unpriced_count, used.last_used_at) == (3, 1, 1, NOW)


def test_a_key_that_is_gone_has_nothing_booked_and_stops_nobody(connection: Connection) -> None:
    batch = Batch(spent=(spent("x", 5), spent(None, 5)), wanted=(wanted("r", Amount(tokens=1)),))
    assert book(connection, batch, now=NOW) == (None,)
    assert connection.execute(select(CLIENT_KEY_RESERVATIONS)).all() == []


def test_old_hours_and_reservations_are_forgotten_and_totals_are_not(connection: Connection) -> None:
    add(connection)
    book(connection, Batch(spent=(spent(None, 3),), wanted=(wanted("r", Amount(tokens=1)),)), now=NOW)
    later = NOW + (HOURS_KEPT_DAYS + 1) * 86_400
    book(connection, Batch(spent=(spent(None, 4, later),), tidies=True), now=later)
    assert [row.input_tokens for row in connection.execute(select(CLIENT_KEY_HOURS))] == [4]
    assert connection.execute(select(CLIENT_KEY_RESERVATIONS)).all() == []
    assert standings(connection, [KEY_ID], now=later)[KEY_ID].used.input_tokens == 7
