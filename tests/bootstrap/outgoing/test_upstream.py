"""Towards the upstream."""

from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.outgoing.upstream import choice_policy
from codex_proxy.settings.schema import AuthSection, QuotaSection, Settings


def test_the_settings_say_by_which_rules_an_account_is_chosen() -> None:
    auth = AuthSection(
        rotation_strategy="sticky",
        tier_priority=["pro", "plus"],
        max_concurrent_per_account=None,
        request_interval_ms=250,
    )
    policy = choice_policy(Settings(auth=auth, quota=QuotaSection(skip_exhausted=False)))
    assert (policy.strategy, policy.tier_priority) == (Strategy.STICKY, ("pro", "plus"))
    assert (policy.skip_exhausted, policy.max_concurrent, policy.interval_seconds) == (False, None, 0.25)


def test_no_interval_is_none_at_all() -> None:
    assert choice_policy(Settings(auth=AuthSection(request_interval_ms=None))).interval_seconds == 0
