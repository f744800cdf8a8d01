"""The pool of accounts."""

from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.account import record_of
from codex_proxy.accounts.choice.explanation import Choice
from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.choice.need import Basis, ChoicePolicy, Need
from codex_proxy.accounts.choice.reasons import NoAccount
from codex_proxy.accounts.lifecycle.effects import RequestRefresh, StartCooling
from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import Capacity
from codex_proxy.accounts.quota.redeeming import Redemption
from codex_proxy.accounts.record import AccountEvent, AccountRecord
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.failure import FailureKind
from tests.accounts.choice.crowd import MODEL, NOW, SPARK, Crowd, account, talk

TALK = talk("c1")


def record(row_id: str = "a", **facts: Any) -> AccountRecord:
    return msgspec.structs.replace(record_of(account(row_id)), **facts)


def state(crowd: Crowd, row_id: str = "a") -> State:
    return crowd.pool.verdicts(crowd.now)[row_id].state


# --------------------------------------------------------------------------------------- accounts come and go


def test_a_14_an_account_that_is_added_serves_from_the_next_question_on() -> None:
    crowd = Crowd("")
    assert crowd.nobody().reasons == {}
    crowd.pool.put(record("a"), "token", NOW)
    assert (crowd.ranked(), len(crowd.pool), "a" in crowd.pool) == ("a", 1, True)
    assert crowd.pool.account("a").credential.token == "token"


def test_a_record_without_an_access_token_waits_for_one() -> None:
    crowd = Crowd("")
    crowd.pool.put(record(has_refresh_token=True), None, NOW)
    assert crowd.nobody().reasons == {"expired": 1}
    with pytest.raises(KeyError):
        crowd.pool.account("a")
    assert crowd.pool.plans() == {}
    crowd.pool.put(record(has_refresh_token=True, generation=1, revision=1), "token", NOW)
    assert crowd.ranked() == "a"


def test_what_the_owner_changes_counts_at_once() -> None:
    crowd = Crowd("ab")
    crowd.pool.put(record("a", enabled=False, revision=1), "token", NOW)
    assert crowd.ranked() == "b"
    crowd.pool.put(record("a", plan="pro", revision=2), "token", NOW)
    assert {plan: [each.row_id for each in found] for plan, found in crowd.pool.plans().items()} == {
        "plus": ["b"],
        "pro": ["a"],
    }


def test_an_older_revision_changes_nothing() -> None:
    crowd = Crowd("")
    crowd.pool.put(record(revision=5, label="new"), "new token", NOW)
    crowd.pool.put(record(revision=4, label="old", generation=3), "old token", NOW)
    assert [each.label for each in crowd.pool.records()] == ["new"]
    assert crowd.pool.account("a").credential.token == "new token"


def test_a_new_credential_ends_what_was_wrong_with_the_old_one() -> None:
    crowd = Crowd("a")
    crowd.happens("a", Occurrence.REFUSED_TOKEN, generation=0)
    assert state(crowd) is State.EXPIRED
    crowd.pool.put(record(generation=1, revision=1), "token", NOW)
    assert state(crowd) is State.ACTIVE


def test_a_18_a_late_refusal_of_an_old_token_does_not_hurt_the_new_one() -> None:
    crowd = Crowd("a")
    crowd.pool.add(account("a"), NOW)
    crowd.happens("a", Occurrence.REFUSED_TOKEN, generation=0)
    assert state(crowd) is State.ACTIVE
    crowd.happens("a", Occurrence.REFUSED_TOKEN, generation=1)
    assert state(crowd) is State.EXPIRED


def test_an_account_that_goes_takes_homes_conditions_and_its_part_in_rotation_along() -> None:
    crowd = Crowd("ab", strategy=Strategy.STICKY)
    home = crowd.use(TALK)
    crowd.limit(home)
    crowd.pool.remove([home, "never here"])
    assert home not in crowd.pool
    assert crowd.affinity.home(("key", "c1"), NOW) is None
    assert crowd.pool.take_dirty() == {}
    assert crowd.found(TALK)[0][1] is Basis.STRATEGY


def test_an_account_that_comes_back_while_its_streams_run_on_has_their_slots_taken() -> None:
    crowd = Crowd("a", max_concurrent=2)
    crowd.occupy("a", 2)
    crowd.pool.remove(["a"])
    crowd.occupy("a", 1)
    crowd.pool.add(account("a"), NOW)
    assert crowd.pool.capacity(NOW).used_slots == 1
    crowd.occupy("a", 0)
    crowd.pool.remove(["a"])
    crowd.pool.add(account("a"), NOW)
    assert crowd.pool.capacity(NOW).used_slots == 0


def test_news_of_an_account_that_is_gone_are_no_news() -> None:
    crowd = Crowd("a")
    crowd.pool.remove(["a"])
    crowd.limit("a")
    crowd.tell("a", 50.0)
    crowd.occupy("a", 0)
    crowd.pool.lacks_model("a", MODEL, NOW)
    crowd.pool.clear("a", NOW)
    crowd.pool.set_refreshing("a", refreshing=True)
    crowd.pool.set_egress(["a"], None)
    assert (crowd.pool.condition("a"), crowd.pool.take_dirty(), crowd.pool.journal.take_events()) == (None, {}, ())


def test_conditions_come_back_as_they_were_kept() -> None:
    before = Crowd("ab")
    before.limit("a")
    after = Crowd("ab")
    kept = before.pool.take_dirty()
    after.pool.restore(kept | {"unknown": kept["a"]})
    assert after.ranked() == "b"
    assert after.pool.take_dirty() == {}
    assert after.pool.journal.take_events() == ()


# ------------------------------------------------------------------------------------------ what happens to them


def test_a_used_up_account_is_left_out_until_its_window_resets() -> None:
    crowd = Crowd("ab")
    crowd.limit("a", seconds=100)
    assert crowd.ranked() == "b"
    crowd.now += 100
    assert crowd.ranked() == "ab"


def test_changed_conditions_are_taken_once_and_unchanged_ones_never() -> None:
    crowd = Crowd("ab")
    crowd.limit("a")
    crowd.happens("b", Occurrence.SUCCEEDED)
    dirty = crowd.pool.take_dirty()
    assert list(dirty) == ["a"]
    assert dirty["a"] == (crowd.pool.condition("a") or [None])[0]
    assert crowd.pool.take_dirty() == {}


def test_every_transition_is_an_event_with_its_evidence() -> None:
    crowd = Crowd("a")
    crowd.ranked()
    crowd.limit("a", seconds=60, evidence=Evidence(status=429, code="usage_limit_reached", request_id="req_1"))
    crowd.now += 60
    crowd.ranked()
    crowd.happens("a", Occurrence.SUCCEEDED)
    seen = {"status": "429", "code": "usage_limit_reached", "request_id": "req_1"}
    told = crowd.pool.journal.take_events()
    assert told[0] == AccountEvent(
        row_id="a", at=NOW, before="active", after="rate_limited", reason="usage_limit", evidence=seen
    )
    assert [(event.at, event.after) for event in told[1:]] == [(NOW + 60, "active"), (NOW + 60, "active")]
    assert told[-1].reason == "recovered"


def test_what_has_to_be_done_is_asked_for() -> None:
    crowd = Crowd("ab")
    crowd.happens("a", Occurrence.REFUSED_TOKEN, generation=0)
    crowd.happens("b", Occurrence.CHALLENGE)
    effects = crowd.pool.journal.take_effects()
    assert ("a", RequestRefresh()) in effects
    assert ("b", StartCooling(until=NOW + 10)) in effects


def test_the_owner_clears_the_way() -> None:
    crowd = Crowd("a")
    crowd.limit("a")
    crowd.limit("a", bucket=SPARK)
    crowd.pool.clear("a", NOW, bucket="codex")
    assert (crowd.ranked(), crowd.ranked(Need(model="spark", bucket=SPARK))) == ("a", "")
    crowd.pool.clear("a", NOW)
    assert crowd.ranked(Need(model="spark", bucket=SPARK)) == "a"


def test_a_refresh_under_way_leaves_a_token_that_is_not_over_in_use() -> None:
    crowd = Crowd("")
    crowd.pool.put(record(expires_at=NOW + 60, has_refresh_token=True), "token", NOW)
    crowd.pool.set_refreshing("a", refreshing=True)
    assert crowd.ranked() == "a"
    crowd.now += 60
    assert crowd.nobody().reasons == {"refreshing": 1}
    crowd.pool.set_refreshing("a", refreshing=False)
    assert crowd.nobody().reasons == {"expired": 1}


def test_counters_change_the_order() -> None:
    crowd = Crowd("ab")
    crowd.tell("a", 90.0)
    assert crowd.ranked() == "ba"


# ----------------------------------------------------------------------------------------------------- choosing


def test_after_a_limit_one_request_at_a_time_tries_and_a_success_opens_again() -> None:
    crowd = Crowd("ab")
    crowd.limit("a", seconds=60)
    crowd.now += 60
    assert crowd.use() == "a"
    assert crowd.ranked() == "b"
    crowd.occupy("a", 1)
    crowd.happens("a", Occurrence.SUCCEEDED)
    crowd.occupy("a", 0)
    assert sorted(crowd.ranked()) == ["a", "b"]


def test_a_try_that_told_nothing_is_made_again_once_its_slot_is_back() -> None:
    crowd = Crowd("ab")
    crowd.limit("a", seconds=60)
    crowd.now += 60
    crowd.use()
    crowd.occupy("a", 1)
    assert crowd.ranked() == "b"
    crowd.occupy("a", 0)
    assert crowd.ranked() == "ba"


def test_a_07_requests_of_one_account_that_have_to_wait_leave_others_first() -> None:
    crowd = Crowd("ab", interval_seconds=2.0)
    assert crowd.use() == "a"
    assert crowd.ranked() == "ba"
    crowd.use()
    crowd.now += 2
    crowd.use()
    assert crowd.ranked() == "ba"
    crowd.now += 2
    assert crowd.ranked() == "ab"[::-1]


def test_a_conversation_moves_with_what_only_one_account_can_open() -> None:
    crowd = Crowd("ab")
    home = crowd.use(TALK)
    other = "ab".replace(home, "")
    crowd.pool.moved(other, ("key", "c1"), NOW)
    assert crowd.ranked(TALK)[0] == other


def test_a_choice_explains_itself() -> None:
    crowd = Crowd("abc")
    crowd.limit("b")
    asked = crowd.asked()
    choice = crowd.pool.explained(asked, ("a", Basis.STRATEGY), waited_seconds=1.5, detail_limit=9)
    assert (choice.at, choice.pool_version, choice.chosen, choice.basis) == (NOW, crowd.pool.version, "a", "strategy")
    assert (choice.passed_over, choice.waited_seconds) == ({"limited": 1, "further_back": 1}, 1.5)
    assert [(each.row_id, each.reason) for each in choice.details] == [("b", "limited")]


def test_that_nobody_was_chosen_is_explained_too() -> None:
    crowd = Crowd("a")
    crowd.limit("a")
    nobody = crowd.nobody()
    choice = crowd.pool.explained(crowd.asked(), nobody, waited_seconds=0, detail_limit=9)
    assert (choice.chosen, choice.basis, choice.passed_over) == (None, None, {"limited": 1})
    late = crowd.pool.explained(crowd.asked(), None, waited_seconds=9, detail_limit=0)
    assert late == Choice(
        at=NOW, pool_version=crowd.pool.version, chosen=None, basis=None, passed_over={}, waited_seconds=9
    )


# ------------------------------------------------------------------------------------------------ what is known


def test_a_16_accounts_that_are_limited_are_accounts_all_the_same() -> None:
    crowd = Crowd("ab", max_concurrent=1)
    crowd.limit("ab", seconds=60)
    told = crowd.pool.standing(NOW)
    assert (told.has_accounts, told.usable_now, told.capacity_now, told.retry_at) == (True, False, False, NOW + 60)
    assert not Crowd("").pool.standing(NOW).has_accounts


def test_whoever_is_full_is_usable_and_has_no_capacity() -> None:
    crowd = Crowd("a", max_concurrent=1)
    crowd.occupy("a", 1)
    told = crowd.pool.standing(NOW)
    assert (told.usable_now, told.capacity_now) == (True, False)


def test_an_account_whose_way_out_is_shut_is_logged_in_and_not_usable() -> None:
    crowd = Crowd("a")
    crowd.pool.set_egress(["a"], EgressFault(name="paris", kind=FailureKind.UNREACHABLE, until=NOW + 9))
    told = crowd.pool.standing(NOW)
    assert (told.has_accounts, told.usable_now, told.retry_at) == (True, False, NOW + 9)
    assert crowd.pool.capacity(NOW).total_slots == 0


def test_capacity_counts_those_who_could_serve() -> None:
    crowd = Crowd("abcd", max_concurrent=3)
    crowd.limit("a")
    crowd.occupy("b", 3)
    crowd.occupy("c", 1)
    assert crowd.pool.capacity(NOW) == Capacity(
        max_concurrent_per_account=3, total_slots=9, used_slots=4, available_slots=5
    )


def test_capacity_follows_the_owners_limit_and_has_none_without() -> None:
    crowd = Crowd("a", max_concurrent=3)
    crowd.occupy("a", 2)
    crowd.pool.policy = ChoicePolicy(max_concurrent=1)
    assert crowd.pool.capacity(NOW).available_slots == 0
    assert isinstance(crowd.pool.rank(Need(model=MODEL), exclude=frozenset(), now=NOW), NoAccount)
    crowd.pool.policy = ChoicePolicy(max_concurrent=None)
    told = crowd.pool.capacity(NOW)
    assert (told.total_slots, told.used_slots, told.available_slots) == (None, 2, None)


def test_whoever_can_serve_again_is_told_of() -> None:
    freed: list[str] = []
    crowd = Crowd("a")
    crowd.pool.when_freed(freed.append)
    crowd.ranked()
    crowd.limit("a", seconds=60)
    assert crowd.pool.refresh(NOW) == NOW + 60
    assert freed == ["a"]
    crowd.pool.refresh(NOW + 60)
    assert freed == ["a", "a"]


def test_q_04_a_redemption_is_kept_with_the_account() -> None:
    crowd = Crowd("a")
    asked = Redemption(request_id="once", asked_at=NOW)
    crowd.pool.redeeming("a", asked, NOW)
    crowd.pool.redeeming("nobody", asked, NOW)
    assert {row_id: each.redemption for row_id, each in crowd.pool.take_dirty().items()} == {"a": asked}


def test_one_record_by_its_id() -> None:
    crowd = Crowd("ab")
    found = crowd.pool.record("b")
    assert found is not None
    assert (found.row_id, crowd.pool.record("c")) == ("b", None)


def test_what_keeps_an_account_from_serving_can_be_asked_of_each() -> None:
    crowd = Crowd("a")
    assert crowd.pool.obstacle("a", Need(model=MODEL), crowd.now) is None
    crowd.pool.lacks_model("a", MODEL, crowd.now)
    hindrances = [crowd.pool.obstacle("a", Need(model=model), crowd.now) for model in (MODEL, SPARK)]
    assert hindrances == ["plan_lacks_model", None]
