"""When tokens fall due."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.record import AccountRecord, Death, Identity
from codex_proxy.accounts.refreshing.schedule import RefreshPolicy, RefreshSchedule, can_refresh, due_time

NOW = 1_000_000.0
DAY = 86_400.0
POLICY = RefreshPolicy()


def account(row_id: str = "a", **members: Any) -> AccountRecord:
    known: dict[str, Any] = {"has_refresh_token": True, "issued_at": NOW, "expires_at": NOW + 10 * DAY}
    return AccountRecord(row_id=row_id, identity=Identity(issuer="https://issuer.invalid"), **known | members)


def schedule(*records: AccountRecord, policy: RefreshPolicy = POLICY, now: float = NOW) -> RefreshSchedule:
    made = RefreshSchedule(policy)
    for record in records:
        made.learn(record, now=now, jitter=0.0)
    return made


def test_a_token_is_due_a_jittered_margin_before_its_end() -> None:
    assert due_time(account(), POLICY, now=NOW, jitter=0.0) == NOW + 10 * DAY - 300
    assert due_time(account(), POLICY, now=NOW, jitter=1.0) == NOW + 10 * DAY - 345
    assert due_time(account(), POLICY, now=NOW, jitter=-1.0) == NOW + 10 * DAY - 255


def test_a_short_lived_token_is_not_refreshed_all_the_time() -> None:
    assert due_time(account(expires_at=NOW + 60), POLICY, now=NOW, jitter=0.0) == NOW + 45


def test_a_refresh_token_that_was_never_exchanged_is_due_at_once() -> None:
    assert due_time(account(issued_at=None, expires_at=None), POLICY, now=NOW, jitter=0.0) == NOW


def test_a_credential_of_unknown_end_is_due_after_an_hour() -> None:
    assert due_time(account(expires_at=None), POLICY, now=NOW, jitter=0.0) == NOW + 3600


def test_overdue_ones_do_not_all_come_at_once() -> None:
    late = [account(name, issued_at=NOW - 11 * DAY, expires_at=NOW - 1) for name in "abc"]
    made = schedule(*late)
    assert [made.due_at(name) for name in "abc"] == [NOW, NOW + 0.5, NOW + 1.0]


def test_b_10_a_disabled_account_is_refreshed_too_and_a_dead_one_is_not() -> None:
    assert can_refresh(account(enabled=False))
    assert not can_refresh(account(death=Death.REVOKED))
    assert not can_refresh(account(has_refresh_token=False))
    assert not can_refresh(account(followed_file="auth.json"))


def test_what_is_due_is_taken_once_longest_first_and_as_many_as_may() -> None:
    made = schedule(*(account(name, expires_at=NOW + 400 + place) for place, name in enumerate("cab")))
    assert made.take_due(NOW, limit=9) == ()
    assert made.take_due(NOW + 500, limit=2) == ("c", "a")
    assert made.take_due(NOW + 500, limit=9) == ("b",)
    assert made.take_due(NOW + 500, limit=9) == ()


def test_where_refreshing_is_off_nothing_is_taken_and_nothing_forgotten() -> None:
    made = schedule(account(expires_at=NOW), policy=RefreshPolicy(enabled=False))
    assert made.take_due(NOW + DAY, limit=9) == ()
    made.policy = POLICY
    assert made.take_due(NOW + DAY, limit=9) == ("a",)


def test_news_of_the_same_credential_leave_its_time_alone() -> None:
    made = schedule(account())
    made.learn(account(label="new"), now=NOW + DAY, jitter=1.0)
    assert made.due_at("a") == NOW + 10 * DAY - 300
    made.learn(account(generation=1, expires_at=NOW + 20 * DAY), now=NOW + DAY, jitter=0.0)
    assert made.due_at("a") == NOW + 20 * DAY - 300


def test_a_failed_one_comes_again_and_counts() -> None:
    made = schedule(account(expires_at=NOW))
    assert made.take_due(NOW, limit=1) == ("a",)
    made.failed("a", wait_seconds=10, now=NOW, jitter=-1.0)
    assert (made.due_at("a"), made.failures("a")) == (NOW + 13, 1)
    made.learn(account(expires_at=NOW, label="other"), now=NOW, jitter=0.0)
    assert made.due_at("a") == NOW + 13


STEPS = st.lists(
    st.tuples(st.sampled_from(["learn", "dead", "gone", "take", "ended", "failed", "begun"]), st.sampled_from("abcd"))
)


@given(STEPS)
def test_b_05_every_account_that_can_be_refreshed_is_due_exactly_once_or_under_way(
    steps: list[tuple[str, str]],
) -> None:
    made, now = RefreshSchedule(POLICY), NOW
    alive: dict[str, AccountRecord] = {}
    under_way: set[str] = set()
    for step, name in steps:
        now += DAY
        match step:
            case "learn":
                before = alive.get(name)
                alive[name] = account(name, generation=before.generation + 1 if before else 0, expires_at=now + DAY)
                made.learn(alive[name], now=now, jitter=0.0)
            case "dead":
                made.learn(account(name, death=Death.REUSED), now=now, jitter=0.0)
                alive.pop(name, None)
                under_way.discard(name)
            case "gone":
                made.forget(name)
                alive.pop(name, None)
                under_way.discard(name)
            case "take":
                under_way |= set(made.take_due(now, limit=2))
            case "begun" if name in alive:
                made.begun(name)
                under_way.add(name)
            case "ended" if name in under_way:
                made.ended(alive[name], name, now=now, jitter=0.0)
                under_way.discard(name)
            case "failed" if name in under_way:
                made.failed(name, wait_seconds=5, now=now, jitter=0.0)
                under_way.discard(name)
        assert len(made) == len(alive)
        assert {name for name in alive if made.due_at(name) is None} == under_way
