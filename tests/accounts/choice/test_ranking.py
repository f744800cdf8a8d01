"""Who could serve, best first."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.affinity import point_of, rendezvous
from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.choice.need import Basis, ChoicePolicy, Need
from codex_proxy.accounts.choice.ranking import Ranking
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.rotation import Standing, Strategy, least_used_key, ring_key
from codex_proxy.canonical.failure import FailureKind
from tests.accounts.choice.crowd import MODEL, NOW, SPARK, STRATEGIES, Crowd, account, talk

TALK = talk("c1")


def by_hash(conversation: str, row_ids: str) -> str:
    points = {row_id: point_of(row_id) for row_id in row_ids}
    return "".join(rendezvous(("key", conversation), [points]))


# ---------------------------------------------------------------------------------------- who is left out, in order


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_out_go_those_tried_hindered_and_full(strategy: Strategy) -> None:
    crowd = Crowd("abcde", strategy=strategy, max_concurrent=2)
    crowd.limit("b")
    crowd.happens("c", Occurrence.CHALLENGE)
    crowd.occupy("d", 2)
    assert sorted(crowd.ranked(exclude="a")) == ["e"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_q_16_a_home_that_is_known_to_be_used_up_is_left_before_it_is_asked_for(strategy: Strategy) -> None:
    crowd = Crowd("abc", strategy=strategy)
    crowd.affinity.settle(("key", "c1"), "b", NOW)
    assert crowd.found(TALK)[0] == ("b", Basis.HOME)
    crowd.tell("b", 100.0, resets_in=500, limit_reached=True)
    assert "b" not in crowd.ranked(TALK)


def test_an_owner_may_have_known_limits_ignored_and_such_accounts_come_last() -> None:
    crowd = Crowd("abc", skip_exhausted=False)
    crowd.tell("a", 100.0, resets_in=500, limit_reached=True)
    crowd.occupy("b", 9)
    assert crowd.ranked() == "cba"
    crowd.affinity.settle(("key", "c1"), "a", NOW)
    assert crowd.ranked(TALK)[0] == "a"


def test_q_09_a_limit_of_one_bucket_leaves_the_others_alone() -> None:
    crowd = Crowd("ab")
    crowd.limit("a", bucket=SPARK)
    assert crowd.ranked(Need(model="spark", bucket=SPARK)) == "b"
    assert crowd.ranked() == "ab"
    crowd.limit("b")
    assert crowd.ranked() == "a"
    assert crowd.ranked(Need(model="spark", bucket=SPARK)) == "b"


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({}, "abc"),
        ({"free": "other"}, "bc"),
        ({"free": "other", "plus": "other"}, "c"),
        ({"free": MODEL, "plus": "other"}, "ac"),
        ({"free": "other", "plus": "other", "pro": "other"}, ""),
    ],
)
def test_q_20_plans_are_asked_that_list_the_model_or_were_never_asked(lists: dict[str, str], expected: str) -> None:
    crowd = Crowd("abc", plans={"a": "free", "b": "plus", "c": "pro"})
    crowd.pool.learn_models({plan: models.split() for plan, models in lists.items()})
    assert crowd.ranked() == expected


def test_q_20_a_model_that_was_refused_is_not_asked_of_that_plan_for_an_hour() -> None:
    crowd = Crowd("abc", plans={"a": "plus", "b": "plus", "c": "pro"})
    crowd.pool.lacks_model("a", MODEL, NOW)
    assert crowd.ranked() == "c"
    assert sorted(crowd.ranked(Need(model="another"))) == ["a", "b", "c"]
    crowd.now += 3600
    assert sorted(crowd.ranked()) == ["a", "b", "c"]


def test_q_20_where_the_plan_is_not_known_only_the_account_itself_is_meant() -> None:
    crowd = Crowd("abc", plans=dict.fromkeys("abc"))
    crowd.pool.lacks_model("a", MODEL, NOW)
    assert crowd.ranked() == "bc"


def test_only_the_best_tier_that_has_somebody_left_is_asked() -> None:
    crowd = Crowd("abcd", plans={"a": "free", "b": "pro", "c": "plus"}, tier_priority=("pro", "plus"), max_concurrent=1)
    assert crowd.ranked() == "b"
    crowd.occupy("b", 1)
    assert sorted(crowd.ranked()) == ["c", "d"]
    assert sorted(crowd.ranked(exclude="cd")) == ["a"]


def test_a_home_in_a_lower_tier_is_left_once_for_the_better_one() -> None:
    crowd = Crowd("ab", plans={"a": "pro", "b": "plus"}, tier_priority=("pro",), max_concurrent=1)
    crowd.occupy("a", 1)
    assert crowd.use(TALK) == "b"
    crowd.occupy("a", 0)
    assert crowd.use(TALK) == "a"
    crowd.occupy("a", 1)
    assert crowd.use(TALK) == "b"
    crowd.occupy("a", 0)
    assert crowd.found(TALK)[0] == ("a", Basis.HOME)


def test_an_account_whose_way_out_is_shut_is_passed_over() -> None:
    crowd = Crowd("ab")
    crowd.pool.set_egress("a", EgressFault(name="paris", kind=FailureKind.UNREACHABLE))
    assert crowd.ranked() == "b"
    crowd.pool.set_egress("a", None)
    assert sorted(crowd.ranked()) == ["a", "b"]


def test_a_key_that_is_bound_to_an_account_uses_that_one_only() -> None:
    crowd = Crowd("abc")
    bound = Need(model=MODEL, bound_to="b")
    assert crowd.found(bound) == [("b", Basis.BOUND)]
    crowd.limit("b")
    assert crowd.nobody(bound).reasons == {"limited": 1}


def test_the_same_account_once_more_if_it_still_serves_and_any_other_if_not() -> None:
    crowd = Crowd("abc")
    assert crowd.found(again="b") == [("b", Basis.AGAIN)]
    crowd.limit("b")
    assert crowd.ranked(again="b") == "ac"
    assert crowd.ranked(again="gone") == "ac"


def test_the_same_account_once_more_is_waited_for_where_it_is_full() -> None:
    crowd = Crowd("ab", max_concurrent=1)
    crowd.occupy("b", 1)
    assert crowd.found(again="b") == []
    assert crowd.pool.serves("b", crowd.asked()._replace(again="b"), holds_slot=True)
    assert not crowd.pool.serves("a", crowd.asked()._replace(again="b"))


# ------------------------------------------------------------------------------------------ homes and rendezvous


def test_q_14_a_conversation_stays_where_it_began_whatever_the_strategy_would_say() -> None:
    for strategy in STRATEGIES:
        crowd = Crowd("abc", strategy=strategy)
        home = crowd.use(TALK)
        for number in range(6):
            crowd.use(talk(f"other {number}", key="another key"))
            crowd.occupy(home, 5)
            assert crowd.found(TALK)[0] == (home, Basis.HOME)


def test_a_conversation_of_another_key_is_another_conversation() -> None:
    crowd = Crowd("ab", strategy=Strategy.ROUND_ROBIN)
    assert [crowd.use(talk("c1", key=key)) for key in ("k1", "k2", "k1")] == ["a", "b", "a"]


def test_a_conversation_known_by_key_but_forgotten_goes_by_rendezvous() -> None:
    crowd = Crowd("abcde", strategy=Strategy.ROUND_ROBIN)
    for name in ("c1", "c2", "c3"):
        known = talk(name, is_continued=True)
        assert crowd.found(known)[0] == (by_hash(name, "abcde")[0], Basis.RENDEZVOUS)
        assert crowd.ranked(known) == by_hash(name, "abcde")
    assert crowd.found(talk("c1"))[0] == ("a", Basis.STRATEGY)


def test_while_a_home_rests_the_same_account_stands_in_each_time() -> None:
    crowd = Crowd("abcde")
    home = crowd.use(TALK)
    crowd.limit(home, seconds=30)
    left = "abcde".replace(home, "")
    for _ in range(3):
        assert crowd.found(TALK)[0] == (by_hash("c1", left)[0], Basis.STAND_IN)
        crowd.use(TALK)
    crowd.now += 31
    assert crowd.found(TALK)[0] == (home, Basis.HOME)


@pytest.mark.parametrize(("seconds", "moves"), [(59, False), (60, False), (61, True), (3600, True)])
def test_a_lock_of_under_a_minute_does_not_move_a_home_and_a_longer_one_does(seconds: float, *, moves: bool) -> None:
    crowd = Crowd("abc")
    home = crowd.use(TALK)
    crowd.limit(home, seconds)
    stand_in = crowd.use(TALK)
    crowd.now += seconds + 1
    assert crowd.ranked(TALK)[0] == (stand_in if moves else home)


def test_a_home_without_a_free_slot_stays_a_home() -> None:
    crowd = Crowd("ab", max_concurrent=1)
    home = crowd.use(TALK)
    crowd.occupy(home, 1)
    assert crowd.use(TALK) != home
    crowd.occupy(home, 0)
    assert crowd.ranked(TALK)[0] == home


def test_a_home_that_is_tried_with_one_request_is_not_left_for_that() -> None:
    crowd = Crowd("ab")
    home = crowd.use(TALK)
    crowd.limit(home, seconds=30)
    crowd.now += 31
    crowd.use(talk("the canary"), exclude="ab".replace(home, ""))
    assert crowd.use(TALK) != home
    crowd.happens(home, Occurrence.SUCCEEDED)
    assert crowd.ranked(TALK)[0] == home


@pytest.mark.parametrize("occurrence", [Occurrence.DEACTIVATED, Occurrence.OWNER_DISABLED])
def test_a_home_that_is_gone_for_good_moves(occurrence: Occurrence) -> None:
    crowd = Crowd("abc")
    home = crowd.use(TALK)
    crowd.pool.remove([home])
    other = crowd.use(TALK)
    assert crowd.found(TALK)[0] == (other, Basis.HOME)


def test_a_conversation_that_turns_to_a_model_its_home_lacks_moves() -> None:
    crowd = Crowd("ab", plans={"a": "free", "b": "pro"})
    crowd.affinity.settle(("key", "c1"), "a", NOW)
    crowd.pool.learn_models({"free": ["small"], "pro": ["small", MODEL]})
    assert crowd.use(TALK) == "b"
    assert crowd.ranked(Need(model="small", conversation=("key", "c1")))[0] == "b"


def test_q_15_fifty_conversations_are_spread_over_five_accounts() -> None:
    for strategy in (Strategy.LEAST_USED, Strategy.ROUND_ROBIN):
        crowd = Crowd("abcde", strategy=strategy)
        homes = Counter(crowd.use(talk(f"c{number}")) for number in range(50))
        assert all(6 <= homes[row_id] <= 14 for row_id in "abcde"), homes


def test_q_15_conversations_that_lose_their_home_are_spread_too() -> None:
    crowd = Crowd("abcdef")
    for number in range(300):
        crowd.affinity.settle(("key", f"c{number}"), "f", NOW)
    crowd.limit("f")
    homes = Counter(crowd.use(talk(f"c{number}")) for number in range(300))
    assert all(36 <= homes[row_id] <= 84 for row_id in "abcde"), homes


# -------------------------------------------------------------------------------------------------- strategies


def test_round_robin_takes_one_after_the_other_while_accounts_come_and_go() -> None:
    crowd = Crowd("abc", strategy=Strategy.ROUND_ROBIN)
    assert [crowd.use() for _ in range(4)] == ["a", "b", "c", "a"]
    crowd.limit("b")
    assert [crowd.use() for _ in range(2)] == ["c", "a"]
    crowd.pool.remove(["a"])
    assert crowd.use() == "c"


def test_sticky_stays_with_one_account_for_each_key_until_that_cannot_serve() -> None:
    crowd = Crowd("abc", strategy=Strategy.STICKY)
    mine, yours = Need(model=MODEL, client_key_id="mine"), Need(model=MODEL, client_key_id="yours")
    first = crowd.use(mine)
    crowd.occupy(first, 3)
    other = crowd.use(yours)
    assert other != first
    assert [crowd.found(need)[0] for need in (mine, yours)] == [(first, Basis.CURRENT), (other, Basis.CURRENT)]
    crowd.limit(first, seconds=60)
    moved = crowd.use(mine)
    crowd.now += 61
    crowd.happens(first, Occurrence.SUCCEEDED)
    assert crowd.found(mine)[0] == (moved, Basis.CURRENT)


def test_sticky_does_not_move_for_a_missing_slot_or_one_failure() -> None:
    crowd = Crowd("ab", strategy=Strategy.STICKY, max_concurrent=1)
    first = crowd.use()
    crowd.occupy(first, 1)
    assert crowd.use() != first
    crowd.occupy(first, 0)
    crowd.use(exclude=first)
    assert crowd.found()[0] == (first, Basis.CURRENT)


def test_sticky_forgets_an_account_that_is_gone() -> None:
    crowd = Crowd("ab", strategy=Strategy.STICKY)
    crowd.pool.remove([crowd.use()])
    assert crowd.found()[0][1] is Basis.STRATEGY


def test_q_17_a_new_account_does_not_take_all_the_traffic_of_a_window() -> None:
    crowd = Crowd("a")
    for _ in range(500):
        crowd.use()
    crowd.pool.add(account("b"), NOW)
    assert Counter(crowd.use() for _ in range(100)) == {"a": 50, "b": 50}


def test_q_17_what_was_used_in_earlier_windows_does_not_count() -> None:
    crowd = Crowd("ab")
    crowd.tell("b", 1.0, resets_in=18_000)
    for _ in range(100):
        crowd.use(exclude="b")
    crowd.tell("a", 1.0, resets_in=10)
    crowd.now += 10
    crowd.tell("a", 1.0, resets_in=17_990)
    assert Counter(crowd.use() for _ in range(100)) == {"a": 50, "b": 50}


def test_the_strategy_changes_at_once() -> None:
    crowd = Crowd("abc")
    for row_id in "ab":
        crowd.occupy(row_id, 1)
    assert crowd.ranked() == "cab"
    crowd.pool.policy = ChoicePolicy(strategy=Strategy.ROUND_ROBIN)
    assert crowd.ranked() == "abc"


SLOTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), min_size=1)


@given(SLOTS, st.sampled_from([Strategy.LEAST_USED, Strategy.ROUND_ROBIN]), st.sampled_from(["plus", "pro"]))
def test_the_ranking_is_the_strategys_total_order_over_all_plans(
    slots: dict[str, int], strategy: Strategy, plan: str
) -> None:
    crowd = Crowd("".join(slots), plans=dict.fromkeys("ace", plan), strategy=strategy)
    last = crowd.use()
    for row_id, used in slots.items():
        crowd.occupy(row_id, used)

    def key(row_id: str) -> Any:
        if strategy is Strategy.ROUND_ROBIN:
            return ring_key(row_id, last, must_wait=False)
        facts: dict[str, Any] = {"window_request_count": 1, "last_used_at": NOW} if row_id == last else {}
        return least_used_key(Standing(row_id=row_id, used_slots=slots[row_id], **facts))

    assert crowd.ranked() == "".join(sorted(slots, key=key))


def test_a_ranking_knows_its_best_without_being_walked() -> None:
    ranking = Ranking(("a", Basis.HOME), iter([("b", Basis.STRATEGY)]))
    assert ranking.best == "a"
    assert list(ranking) == [("a", Basis.HOME), ("b", Basis.STRATEGY)]
