"""What a client is told of its usage."""

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import Credential
from codex_proxy.operations.pool_usage import pool_usage
from codex_proxy.protocols.codex.usage import UsageReading, parse_usage
from codex_proxy.protocols.parts.json_text import encode

NOW = 1000.0


def pool(**used_percent: float) -> AccountPool:
    made = AccountPool(affinity=AffinityMap())
    for row_id, percent in used_percent.items():
        made.add(Account(row_id=row_id, credential=Credential(token="t", account_id=f"workspace-{row_id}")), NOW)
        window = RateLimitWindow(used_percent=percent, window_seconds=18_000, resets_at=NOW + 600)
        full = percent >= 100
        made.observe(row_id, RateLimitSnapshot(plan_type="plus", primary=window, limit_reached=full), NOW)
    return made


def test_q_23_a_client_sees_the_room_of_the_account_with_most_of_it_and_no_account() -> None:
    told = pool_usage(pool(a=80, b=30), NOW)
    assert told["rate_limit"] == {
        "allowed": True,
        "limit_reached": False,
        "primary_window": {
            "used_percent": 30,
            "limit_window_seconds": 18_000,
            "reset_after_seconds": 600,
            "reset_at": 1600,
        },
        "secondary_window": None,
    }
    assert "workspace" not in str(told)


def test_q_23_a_limit_is_reached_when_nobody_has_room() -> None:
    one, none = pool_usage(pool(a=100, b=30), NOW), pool_usage(pool(a=100, b=100), NOW)
    assert (one["rate_limit"]["allowed"], none["rate_limit"]["allowed"]) == (True, False)
    assert (one["rate_limit"]["limit_reached"], none["rate_limit"]["limit_reached"]) == (False, True)


def test_without_accounts_nothing_is_allowed_and_nothing_used_up() -> None:
    told = pool_usage(pool(), NOW)
    assert (told["rate_limit"]["allowed"], told["rate_limit"]["limit_reached"]) == (False, False)
    assert (told["plan_type"], told["rate_limit"]["primary_window"]) == ("unknown", None)


def test_a_client_that_one_account_only_may_serve_sees_the_room_of_that_one() -> None:
    told = pool_usage(pool(a=100, b=30), NOW, only="a")
    assert (told["rate_limit"]["allowed"], told["rate_limit"]["primary_window"]["used_percent"]) == (False, 100)
    gone = pool_usage(pool(a=10), NOW, only="c")
    assert (gone["rate_limit"]["allowed"], gone["rate_limit"]["primary_window"]) == (False, None)


def test_what_is_told_reads_as_the_backends_own_answer() -> None:
    read = parse_usage(200, {}, encode(pool_usage(pool(a=42), NOW)))
    assert isinstance(read, UsageReading)
    assert read.limits.primary is not None
    assert (read.limits.primary.used_percent, read.limits.plan_type) == (42, "plus")
