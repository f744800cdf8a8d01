"""What budgets refuse."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.access.granted.budgets import Amount, Budget, Unit, overdrawn
from codex_proxy.access.granted.periods import Period, period_end
from tests.access.granted.samples import NOW, tokens, usd

COUNTS = st.integers(0, 1000)
AMOUNTS = st.builds(Amount, tokens=COUNTS, micro_usd=COUNTS)
BUDGETS = st.lists(
    st.builds(Budget, period=st.sampled_from(Period), unit=st.sampled_from(Unit), limit=COUNTS), max_size=5
)


@given(BUDGETS, st.fixed_dictionaries(dict.fromkeys(Period, AMOUNTS)), AMOUNTS)
def test_what_is_not_refused_fits_into_every_budget(
    budgets: list[Budget], used: dict[Period, Amount], wanted: Amount
) -> None:
    fits = all(
        used[budget.period].of(budget.unit) + max(1, wanted.of(budget.unit)) <= budget.limit for budget in budgets
    )
    assert (overdrawn(budgets, used, wanted, now=NOW) is None) is fits


def test_a_request_that_costs_nothing_wants_something_left_all_the_same() -> None:
    nothing = dict.fromkeys(Period, Amount())
    refused = overdrawn([usd(0)], nothing, Amount(), now=NOW)
    assert refused is not None
    assert (refused.left, refused.renews_at) == (0, None)


def test_the_budget_that_is_full_the_longest_is_told() -> None:
    used = dict.fromkeys(Period, Amount(tokens=9, micro_usd=9))
    hour, month, total = (tokens(10, period) for period in (Period.HOUR, Period.MONTH, Period.TOTAL))
    refused = overdrawn([hour, month], used, Amount(tokens=2), now=NOW)
    assert refused is not None
    assert (refused.budget, refused.left, refused.renews_at) == (month, 1, period_end(Period.MONTH, NOW))
    refused = overdrawn([hour, total, month], used, Amount(tokens=2), now=NOW)
    assert refused is not None
    assert refused.budget == total


def test_amounts_add_up_and_budgets_have_words() -> None:
    assert Amount(tokens=1, micro_usd=2) + Amount(tokens=3, micro_usd=4) == Amount(tokens=4, micro_usd=6)
    assert usd(1_500_000).in_words == "$1.50 in total"
    assert tokens(12_000, Period.DAY).in_words == "12,000 tokens per day"
