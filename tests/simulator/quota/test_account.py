"""The quota of one account."""

from typing import Any

import msgspec
import pytest

from codex_proxy.simulator.quota.account import AccountQuota
from codex_proxy.simulator.sections.accounts import AccountSettings

SPARK = {"name": "Spark", "models": ["spark"], "primary": {"seconds": 60, "used_percent": 100}}


def quota(plan: str = "plus", now: float = 0.0, **members: Any) -> AccountQuota:
    return AccountQuota(msgspec.convert({"id": "a"} | members, AccountSettings), plan=plan, owner="a/u", now=now)


def test_used_up_then_refused_until_the_reset_then_served_again() -> None:
    account = quota(primary={"seconds": 3600, "used_percent": 90, "per_request_percent": 10})
    assert account.take("gpt", 1) is None
    blocking = account.take("gpt", 2)
    assert blocking is not None
    assert blocking.resets_at == 3600
    assert account.take("gpt", 3599) is not None
    assert account.take("gpt", 3600) is None


def test_the_window_that_resets_last_stands_in_the_way() -> None:
    full = {"used_percent": 100.0}
    account = quota(primary={"seconds": 60} | full, secondary={"seconds": 600} | full)
    first, later = account.take("gpt", 1), account.take("gpt", 61)
    assert (first and first.resets_at, later and later.resets_at) == (600, 600)
    assert account.take("gpt", 600) is None


def test_q_09_one_models_bucket_locks_its_models_and_no_others() -> None:
    account = quota(buckets={"codex_bengalfox": SPARK})
    assert account.take("gpt-5.3-codex-spark", 1) is not None
    assert account.take("gpt-5.4", 1) is None
    default, spark = account.snapshots(1)
    assert (default.limit_id, default.limit_reached) == ("codex", False)
    assert (spark.limit_id, spark.limit_name, spark.limit_reached) == ("codex_bengalfox", "Spark", True)


def test_paid_credits_carry_on_and_run_out_exactly() -> None:
    account = quota(primary={"seconds": 60, "used_percent": 100}, credits={"balance": "0.3", "per_request": "0.1"})
    assert [account.take("gpt", 1) is None for _ in range(4)] == [True, True, True, False]
    credits_ = account.snapshots(1)[0].credits
    assert credits_ is not None
    assert (credits_.balance, credits_.has_credits, account.can_pay) == ("0.0", False, False)


def test_unlimited_credits_never_end() -> None:
    account = quota(primary={"seconds": 60, "used_percent": 100}, credits={"unlimited": True})
    assert all(account.take("gpt", 1) is None for _ in range(100))
    assert account.snapshots(1)[0].limit_reached is True


@pytest.mark.parametrize(("plan", "lengths"), [("plus", [18_000, 604_800]), ("free", [604_800])])
def test_q_08_without_windows_of_its_own_it_has_its_plans(plan: str, lengths: list[int]) -> None:
    (snapshot,) = quota(plan).snapshots(1)
    windows = [window for window in (snapshot.primary, snapshot.secondary) if window is not None]
    assert [window.window_seconds for window in windows] == lengths
    assert snapshot.plan_type == plan


def test_the_usual_windows_fill_slowly_and_never_refuse() -> None:
    account = quota()
    used = []
    for _ in range(2000):
        assert account.take("gpt", 1) is None
        primary = account.snapshots(1)[0].primary
        used.append(primary.used_percent if primary else None)
    assert used[0] == 12.1
    assert used[-1] == 95.0


def test_code_review_is_counted_apart() -> None:
    account = quota(code_review={"primary": {"seconds": 60, "used_percent": 40}})
    review = account.code_review(1)
    assert review is not None
    assert review.primary is not None
    assert (review.limit_id, review.primary.used_percent) == ("code_review", 40.0)
    assert quota().code_review(1) is None


def test_begun_anew_the_default_bucket_is_empty_and_others_are_not() -> None:
    account = quota(primary={"seconds": 60, "used_percent": 100}, buckets={"codex_bengalfox": SPARK})
    assert account.restart(1) is True
    assert account.restart(1) is False
    assert account.take("gpt", 1) is None
    assert account.take("spark", 1) is not None
