"""What is told where nobody can serve."""

import pytest

from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.choice.reasons import NoAccount
from codex_proxy.accounts.choice.refusal import busy, refusal, told_counts
from codex_proxy.canonical.failure import Failure, FailureKind

NOW = 1000.0
LOGIN = "log in at http://127.0.0.1:8080/ui/"


def refused(reasons: dict[str, int], *, retry_in: float | None = None, faults: tuple[EgressFault, ...] = ()) -> Failure:
    nobody = NoAccount(reasons=reasons, retry_at=None if retry_in is None else NOW + retry_in, egress=faults)
    return refusal(nobody, Need(model="m"), now=NOW, login=LOGIN)


@pytest.mark.parametrize(
    ("reasons", "retry_in", "kind", "wait"),
    [
        ({}, None, FailureKind.NO_ACCOUNT, None),
        ({"limited": 2}, 60.0, FailureKind.USAGE_LIMIT, 60.0),
        ({"limited": 2}, 0.2, FailureKind.USAGE_LIMIT, 1.0),
        ({"limited": 1, "needs_login": 1}, 60.0, FailureKind.USAGE_LIMIT, 60.0),
        ({"limited": 1, "disabled": 3, "plan_lacks_model": 2}, 60.0, FailureKind.USAGE_LIMIT, 60.0),
        ({"limited": 1, "cooling": 1}, 10.0, FailureKind.USAGE_LIMIT, 10.0),
        ({"cooling": 2}, 10.0, FailureKind.BUSY, 10.0),
        ({"unpaid": 1, "forbidden": 1}, 900.0, FailureKind.BUSY, 900.0),
        ({"refreshing": 1}, None, FailureKind.BUSY, 5.0),
        ({"refreshing": 1, "cooling": 1}, 2.0, FailureKind.BUSY, 2.0),
        ({"expired": 1}, None, FailureKind.NO_ACCOUNT, None),
        ({"needs_login": 1}, None, FailureKind.NO_ACCOUNT, None),
        ({"disabled": 1, "deactivated": 2}, None, FailureKind.NO_ACCOUNT, None),
        ({"plan_lacks_model": 2}, None, FailureKind.MODEL_NOT_IN_PLAN, None),
        ({"plan_lacks_model": 1, "disabled": 1}, None, FailureKind.MODEL_NOT_IN_PLAN, None),
        ({"tried_already": 2}, None, FailureKind.NO_ACCOUNT, None),
    ],
)
def test_what_is_told(reasons: dict[str, int], retry_in: float | None, kind: FailureKind, wait: float | None) -> None:
    failure = refused(reasons, retry_in=retry_in)
    assert (failure.kind, failure.retry_after_seconds) == (kind, wait)
    for reason, count in reasons.items():
        assert f"{count} {reason.replace('_', ' ')}" in failure.message


@pytest.mark.parametrize(
    ("reasons", "helps"),
    [
        ({}, True),
        ({"needs_login": 1, "disabled": 4}, True),
        ({"disabled": 1}, False),
        ({"deactivated": 1}, False),
        ({"expired": 1}, False),
        ({"limited": 2}, False),
        ({"limited": 1, "needs_login": 1}, False),
        ({"plan_lacks_model": 1}, False),
    ],
)
def test_a_16_a_login_is_asked_for_only_where_it_helps(reasons: dict[str, int], helps: bool) -> None:
    assert (LOGIN in refused(reasons).message) is helps


def test_the_end_of_a_limit_is_told_as_a_time_too() -> None:
    assert refused({"limited": 1}, retry_in=60).resets_at == NOW + 60


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        ((FailureKind.UNREACHABLE,), FailureKind.UNREACHABLE),
        ((FailureKind.REGION_BLOCKED,), FailureKind.REGION_BLOCKED),
        ((FailureKind.REGION_BLOCKED, FailureKind.UNREACHABLE), FailureKind.UNREACHABLE),
    ],
)
def test_where_only_the_way_out_is_shut_it_is_named(kinds: tuple[FailureKind, ...], kind: FailureKind) -> None:
    faults = tuple(EgressFault(name=f"exit {place}", kind=each) for place, each in enumerate(kinds))
    failure = refused({"egress_down": 2, "disabled": 1}, faults=faults)
    assert failure.kind is kind
    assert all(fault.name in failure.message for fault in faults)


def test_a_shut_way_out_is_not_blamed_where_limits_stand_in_the_way_too() -> None:
    fault = EgressFault(name="paris", kind=FailureKind.UNREACHABLE)
    assert refused({"egress_down": 1, "limited": 1}, faults=(fault,), retry_in=5).kind is FailureKind.USAGE_LIMIT


def test_a_key_whose_account_is_gone_is_told_so() -> None:
    failure = refusal(NoAccount(reasons={}), Need(model="m", bound_to="a"), now=NOW, login=LOGIN)
    assert failure.kind is FailureKind.NO_ACCOUNT
    assert "this key" in failure.message
    assert LOGIN not in failure.message


@pytest.mark.parametrize("reasons", [{"limited": 1}, {"plan_lacks_model": 1}, {"disabled": 1}])
def test_a_key_whose_account_cannot_serve_is_told_of_that_account(reasons: dict[str, int]) -> None:
    failure = refusal(NoAccount(reasons=reasons), Need(model="m", bound_to="a"), now=NOW, login=LOGIN)
    assert "the account that this key belongs to" in failure.message
    assert "no account" not in failure.message


def test_a_key_whose_accounts_slots_are_taken_is_told_of_that_account() -> None:
    nobody = NoAccount(reasons={"slots_taken": 1}, is_busy=True)
    failure = busy(nobody, Need(model="m", bound_to="a"), retry_after_seconds=5)
    assert failure.message.startswith("the slots of the account that this key belongs to are taken")


def test_a_model_that_no_plan_has_is_named() -> None:
    failure = refused({"plan_lacks_model": 1})
    assert (failure.param, "'m'" in failure.message) == ("model", True)


def test_all_slots_taken_says_when_to_ask_again_and_what_else_is_in_the_way() -> None:
    need = Need(model="m")
    plain = busy(NoAccount(reasons={"slots_taken": 2}, is_busy=True), need, retry_after_seconds=5)
    assert (plain.kind, plain.retry_after_seconds) == (FailureKind.BUSY, 5)
    mixed = busy(NoAccount(reasons={"slots_taken": 2, "limited": 9}, is_busy=True), need, retry_after_seconds=0.1)
    assert "9 limited, 2 slots taken" in mixed.message
    assert mixed.retry_after_seconds == 1
    assert busy(None, need, retry_after_seconds=5).kind is FailureKind.BUSY


def test_counts_come_most_frequent_first() -> None:
    assert told_counts({"limited": 1, "cooling": 3, "disabled": 1}) == "3 cooling, 1 disabled, 1 limited"
