"""What is asked, and by which rules."""

from codex_proxy.accounts.choice.need import ChoicePolicy, Need
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET


def test_a_model_draws_on_the_default_bucket_and_any_account_will_do() -> None:
    need = Need(model="m")
    assert (need.bucket, need.bound_to, need.is_continued) == (DEFAULT_BUCKET, None, False)


def test_without_the_owners_word_no_plan_is_better_and_known_limits_are_heeded() -> None:
    policy = ChoicePolicy()
    assert (policy.tier_priority, policy.skip_exhausted, policy.max_concurrent) == ((), True, 16)
