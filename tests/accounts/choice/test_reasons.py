"""What is in the way of those who are not chosen."""

from typing import Any

import pytest

from codex_proxy.accounts.choice.explanation import PassedOver
from codex_proxy.accounts.choice.member import EGRESS_DOWN, NEEDS_LOGIN, SLOTS_TAKEN, EgressFault
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.accounts.choice.reasons import FURTHER_BACK, LOWER_TIER, PLAN_LACKS_MODEL, TRIED, NoAccount
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.canonical.failure import FailureKind
from tests.accounts.choice.crowd import MODEL, NOW, Crowd, account

PARIS = EgressFault(name="paris", kind=FailureKind.UNREACHABLE, until=NOW + 40)


def passed_over(crowd: Crowd, chosen: str, **asked: Any) -> dict[str, int]:
    choice = crowd.pool.explained(crowd.asked(**asked), (chosen, Basis.STRATEGY), waited_seconds=0, detail_limit=0)
    return dict(choice.passed_over)


def details(crowd: Crowd, limit: int = 20, **asked: Any) -> tuple[PassedOver, ...]:
    outcome = ("a", Basis.STRATEGY)
    return crowd.pool.explained(crowd.asked(**asked), outcome, waited_seconds=0, detail_limit=limit).details


# --------------------------------------------------------------------------------------------- nobody can serve


def test_an_empty_pool_has_no_reason() -> None:
    assert Crowd("").nobody() == NoAccount(reasons={})


def test_every_account_is_counted_by_what_is_in_its_way() -> None:
    crowd = Crowd("abcdefg", plans={"g": "free"}, max_concurrent=1)
    crowd.pool.learn_models({"free": ["other"]})
    crowd.limit("ab", seconds=500)
    crowd.limit("c", seconds=100)
    crowd.happens("d", Occurrence.CHALLENGE)
    crowd.pool.set_egress("e", PARIS)
    found = crowd.nobody(exclude="f")
    assert found.reasons == {"limited": 3, "cooling": 1, EGRESS_DOWN: 1, TRIED: 1, PLAN_LACKS_MODEL: 1}
    assert (found.is_busy, found.retry_at, found.egress) == (False, NOW + 10, (PARIS,))


def test_q_18_the_first_to_come_back_is_told_also_if_it_was_tried_already() -> None:
    crowd = Crowd("ab")
    crowd.limit("a", seconds=500)
    crowd.limit("b", seconds=100)
    assert crowd.nobody(exclude="ab") == NoAccount(reasons={"limited": 2}, retry_at=NOW + 100)


def test_only_slots_are_missing() -> None:
    crowd = Crowd("abc", max_concurrent=1)
    crowd.limit("a")
    crowd.occupy("b", 1)
    crowd.occupy("c", 1)
    found = crowd.nobody()
    assert (found.reasons, found.is_busy) == ({"limited": 1, SLOTS_TAKEN: 2}, True)
    assert not crowd.nobody(exclude="bc").is_busy


def test_an_account_without_the_model_is_no_reason_to_wait() -> None:
    crowd = Crowd("ab", plans={"a": "free", "b": "plus"})
    crowd.pool.learn_models({"free": ["other"]})
    crowd.limit("a", seconds=5)
    crowd.limit("b", seconds=50)
    assert crowd.nobody() == NoAccount(reasons={PLAN_LACKS_MODEL: 1, "limited": 1}, retry_at=NOW + 50)


def test_what_only_the_owner_can_mend_is_told_before_the_plan() -> None:
    crowd = Crowd("", plans={})
    crowd.pool.add(account("a", plan="free", expires_at=NOW - 1), NOW)
    crowd.pool.learn_models({"free": ["other"]})
    assert crowd.nobody().reasons == {NEEDS_LOGIN: 1}


def test_an_answer_is_remembered_only_while_nothing_changes() -> None:
    crowd = Crowd("ab")
    crowd.limit("ab", seconds=100)
    assert crowd.nobody() is crowd.nobody()
    crowd.limit("a", seconds=300)
    crowd.limit("b", seconds=200)
    assert crowd.nobody().retry_at == NOW + 200
    crowd.pool.learn_models({"plus": ["other"]})
    assert crowd.nobody().reasons == {PLAN_LACKS_MODEL: 2}
    crowd.pool.remove(["a"])
    assert crowd.nobody().reasons == {PLAN_LACKS_MODEL: 1}


def test_more_questions_than_are_remembered_are_answered_all_the_same() -> None:
    crowd = Crowd("ab")
    crowd.limit("ab")
    for number in range(300):
        assert crowd.nobody(Need(model=f"m{number}")).reasons == {"limited": 2}


# ------------------------------------------------------------------------------------------- somebody was chosen


def test_those_behind_the_chosen_one_are_counted_by_why() -> None:
    plans: dict[str, str | None] = {"g": "free", "h": "team"}
    crowd = Crowd("abcdefgh", plans=plans, max_concurrent=2, tier_priority=("plus",))
    crowd.pool.learn_models({"free": ["other"]})
    crowd.limit("cd")
    crowd.happens("e", Occurrence.PAYMENT)
    crowd.occupy("f", 2)
    assert passed_over(crowd, "a") == {
        "limited": 2,
        "unpaid": 1,
        SLOTS_TAKEN: 1,
        PLAN_LACKS_MODEL: 1,
        LOWER_TIER: 1,
        FURTHER_BACK: 1,
    }


def test_the_counts_follow_whatever_changes() -> None:
    crowd = Crowd("abc", max_concurrent=1)
    assert passed_over(crowd, "a") == {FURTHER_BACK: 2}
    crowd.limit("b")
    assert passed_over(crowd, "a") == {"limited": 1, FURTHER_BACK: 1}
    crowd.pool.learn_models({"plus": ["other"]})
    assert passed_over(crowd, "a", need=Need(model="other")) == {"limited": 1, FURTHER_BACK: 1}


@pytest.mark.parametrize("limit", [0, 1, 2, 20])
def test_some_of_those_who_could_not_be_chosen_are_named_with_their_reasons(limit: int) -> None:
    crowd = Crowd("abcd")
    crowd.limit("b", seconds=60)
    crowd.pool.set_egress("d", PARIS)
    named = (
        PassedOver(row_id="b", reason="limited", until=NOW + 60),
        PassedOver(row_id="c", reason=TRIED),
        PassedOver(row_id="d", reason=EGRESS_DOWN, until=NOW + 40),
    )
    assert sorted(details(crowd, 20, exclude="c"), key=lambda each: each.row_id) == list(named)
    assert len(details(crowd, limit, exclude="c")) == min(limit, 3)


def test_the_question_is_answered_for_the_model_that_was_asked_for() -> None:
    crowd = Crowd("ab")
    crowd.pool.lacks_model("b", MODEL, NOW)
    assert crowd.nobody(exclude="a").reasons == {PLAN_LACKS_MODEL: 2}
    assert crowd.nobody(Need(model="other"), exclude="ab").reasons == {TRIED: 2}
