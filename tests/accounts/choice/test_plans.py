"""Models of plans."""

from codex_proxy.accounts.choice.plans import DENIAL_SECONDS, MAX_DENIALS, PlanRouting

NOW = 1000.0


def plans(**lists: str) -> PlanRouting:
    routing = PlanRouting()
    routing.learn({plan: frozenset(models.split()) for plan, models in lists.items()})
    return routing


def test_q_20_without_any_list_every_plan_may_have_a_model() -> None:
    assert PlanRouting().may_serve("free", "m", NOW)


def test_q_20_a_plan_whose_list_was_fetched_has_what_it_lists_and_others_may_have_it() -> None:
    routing = plans(plus="m other", free="other")
    assert routing.may_serve("plus", "m", NOW)
    assert not routing.may_serve("free", "m", NOW)
    assert routing.may_serve("pro", "m", NOW)


def test_q_20_where_all_lists_are_there_and_none_has_it_nobody_does() -> None:
    routing = plans(plus="a", free="b")
    assert not any(routing.may_serve(plan, "m", NOW) for plan in ("plus", "free"))


def test_the_list_of_an_account_whose_plan_is_unknown_speaks_for_no_other() -> None:
    routing = PlanRouting()
    routing.learn({"": frozenset({"a"})})
    assert routing.account_may_serve("x", "", "m", NOW)


def test_a_denial_holds_for_an_hour_whatever_the_list_says_and_for_that_plan_and_model_only() -> None:
    routing = plans(plus="m n", pro="m")
    routing.deny("x", "plus", "m", NOW)
    assert not routing.may_serve("plus", "m", NOW + DENIAL_SECONDS - 1)
    assert routing.may_serve("plus", "n", NOW)
    assert routing.may_serve("pro", "m", NOW)
    assert routing.may_serve("plus", "m", NOW + DENIAL_SECONDS)


def test_an_account_whose_plan_is_unknown_is_denied_a_model_alone() -> None:
    routing = PlanRouting()
    routing.deny("x", "", "m", NOW)
    assert not routing.account_may_serve("x", "", "m", NOW)
    assert routing.account_may_serve("y", "", "m", NOW)
    assert routing.may_serve("", "m", NOW)


def test_every_change_shows_in_the_version() -> None:
    routing = plans(plus="m")
    seen = [routing.version]
    routing.deny("x", "plus", "m", NOW)
    seen.append(routing.version)
    routing.may_serve("plus", "m", NOW + 1)
    assert routing.version == seen[-1]
    routing.may_serve("plus", "m", NOW + DENIAL_SECONDS)
    seen.append(routing.version)
    assert sorted(set(seen)) == seen


def test_denials_are_bounded_and_the_oldest_goes_first() -> None:
    routing = PlanRouting()
    for number in range(MAX_DENIALS + 1):
        routing.deny("x", "plus", f"m{number}", NOW)
    assert routing.may_serve("plus", "m0", NOW)
    assert not routing.may_serve("plus", "m1", NOW)
