"""Counters that come with a failure are known of the account from then on, as those of an answer are."""

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, stage

REFUSED = """
rules:
  - when: {account: account-1}
    reply:
      status: %d
      body: {error: {code: %s, message: not now}}
      headers:
        x-codex-primary-used-percent: "%d"
        x-codex-primary-window-minutes: "300"
        x-codex-primary-reset-after-seconds: "600"
        x-codex-secondary-used-percent: "20"
        x-codex-secondary-window-minutes: "10080"
        x-codex-secondary-reset-after-seconds: "86400"
        x-codex-bengalfox-primary-used-percent: "55"
        x-codex-bengalfox-primary-window-minutes: "300"
        x-codex-plan-type: team
"""
FAILED_INSIDE = """
rules:
  - when: {account: account-1}
    steps:
      - event:
          type: codex.rate_limits
          plan_type: team
          rate_limits: {limit_reached: false, primary: {used_percent: 64, window_minutes: 300}}
      - failed: {code: server_is_overloaded, message: not now}
"""


async def quota_of(play: Stage, account: str) -> dict[str, Any]:
    told = (await play.client.get("/auth/accounts")).json()["accounts"]
    (quota,) = [one["quota"] for one in told if one["accountId"] == account]
    assert isinstance(quota, dict)
    return quota


@pytest.mark.parametrize(
    ("status", "code", "percent"),
    [
        (429, "usage_limit_reached", 100),
        (403, "forbidden", 72),
        (503, "server_is_overloaded", 74),
    ],
)
async def test_a_refusals_headers_are_seen_in_the_accounts_limits(
    tmp_path: Path, status: int, code: str, percent: int
) -> None:
    async with stage(tmp_path, REFUSED % (status, code, percent)) as play:
        assert [(await play.chat()).status_code for _ in range(2)] == [200, 200]
        quota = await quota_of(play, "account-1")
        other = await quota_of(play, "account-2")
    assert (quota["rate_limit"]["used_percent"], quota["secondary_rate_limit"]["used_percent"]) == (percent, 20.0)
    assert quota["rate_limit"]["limit_reached"] is (percent == 100)
    assert quota["rate_limits_by_limit_id"]["codex_bengalfox"]["used_percent"] == 55.0
    assert quota["plan_type"] == "team"
    assert (other["rate_limit"]["used_percent"] < percent, other["plan_type"]) == (True, "pro")


async def test_counters_in_a_stream_that_then_fails_are_seen_in_the_accounts_limits(tmp_path: Path) -> None:
    async with stage(tmp_path, FAILED_INSIDE) as play:
        assert [(await play.chat()).status_code for _ in range(2)] == [200, 200]
        quota = await quota_of(play, "account-1")
    assert (quota["rate_limit"]["used_percent"], quota["plan_type"]) == (64.0, "team")


async def test_credits_are_told_in_dollars_too_as_the_owner_counts_them(tmp_path: Path) -> None:
    scenario = 'accounts: [{id: account-1, credits: {balance: "50"}}, {id: account-2}]'
    async with stage(tmp_path, scenario) as play:
        assert [(await play.chat()).status_code for _ in range(2)] == [200, 200]
        for per_usd, dollars in ((25, 2.0), (5, 10.0), (0, None)):
            change = {"values": {"usage_stats.credits_per_usd": per_usd}}
            assert (await play.client.post("/admin/settings", json=change)).status_code == 200
            told = (await quota_of(play, "account-1"))["credits"]
            assert (told["balance"], told["balance_usd"]) == (50.0, dollars)
