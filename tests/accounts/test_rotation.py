"""Orders over accounts."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.rotation import Standing, Strategy, ordered

STANDINGS = st.lists(
    st.builds(
        Standing,
        row_id=st.text("abcdef", min_size=1, max_size=3),
        used_slots=st.integers(0, 3),
        used_percent=st.floats(0, 100),
        resets_at=st.none() | st.floats(0, 1e9),
        must_wait=st.booleans(),
        window_request_count=st.integers(0, 5),
        last_used_at=st.floats(0, 1e9),
    ),
    max_size=6,
    unique_by=lambda standing: standing.row_id,
)


@given(STANDINGS, st.sampled_from(Strategy), st.none() | st.text("abcdef", max_size=3))
def test_every_account_is_ranked_once_and_the_order_of_arrival_does_not_matter(
    standings: list[Standing], strategy: Strategy, last_chosen: str | None
) -> None:
    ranked = ordered(strategy, standings, last_chosen=last_chosen)
    assert sorted(ranked) == sorted(standing.row_id for standing in standings)
    assert ordered(strategy, standings[::-1], last_chosen=last_chosen) == ranked


def test_least_used_asks_for_slots_then_for_the_fullest_window_in_steps() -> None:
    standings = [
        Standing(row_id="busy", used_slots=1),
        Standing(row_id="fuller", used_percent=12.0),
        Standing(row_id="soon", used_percent=4.9, resets_at=10.0),
        Standing(row_id="later", used_percent=0.1, resets_at=20.0),
    ]
    assert ordered(Strategy.LEAST_USED, standings, last_chosen=None) == ["soon", "later", "fuller", "busy"]


def test_round_robin_goes_on_behind_the_last_chosen() -> None:
    standings = [Standing(row_id=row_id) for row_id in "abc"]
    assert ordered(Strategy.ROUND_ROBIN, standings, last_chosen=None) == ["a", "b", "c"]
    assert ordered(Strategy.ROUND_ROBIN, standings, last_chosen="a") == ["b", "c", "a"]
    assert ordered(Strategy.ROUND_ROBIN, standings, last_chosen="c") == ["a", "b", "c"]


def test_sticky_stays_with_the_last_chosen() -> None:
    standings = [Standing(row_id="a"), Standing(row_id="b", used_slots=9)]
    assert ordered(Strategy.STICKY, standings, last_chosen="b") == ["b", "a"]
    assert ordered(Strategy.STICKY, standings, last_chosen=None) == ["a", "b"]


def test_among_equals_one_that_can_start_at_once_comes_first() -> None:
    fresh, used = Standing(row_id="a", must_wait=True), Standing(row_id="b", window_request_count=9)
    assert ordered(Strategy.LEAST_USED, [fresh, used], last_chosen=None) == ["b", "a"]
    assert ordered(Strategy.ROUND_ROBIN, [fresh, used], last_chosen="b") == ["b", "a"]
    assert ordered(Strategy.STICKY, [fresh, used], last_chosen=None) == ["b", "a"]


def test_a_better_account_is_worth_its_wait() -> None:
    better, worse = Standing(row_id="a", must_wait=True), Standing(row_id="b", used_percent=50.0)
    assert ordered(Strategy.LEAST_USED, [better, worse], last_chosen=None) == ["a", "b"]
    assert ordered(Strategy.STICKY, [better, Standing(row_id="b")], last_chosen="a") == ["a", "b"]
