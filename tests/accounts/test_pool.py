"""The pool of accounts."""

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap, ConversationKey
from codex_proxy.accounts.lifecycle import Occurrence, State
from codex_proxy.accounts.pool import AccountPool, Need, NoAccount
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import Credential

NOW = 1000.0
CONVERSATION: ConversationKey = ("key", "c1")


def pool_of(*row_ids: str, expires_at: float | None = None) -> AccountPool:
    pool = AccountPool(strategy=Strategy.LEAST_USED, affinity=AffinityMap())
    for row_id in row_ids:
        pool.add(Account(row_id=row_id, credential=Credential(token="t"), plan="plus", expires_at=expires_at), NOW)
    return pool


def rank(
    pool: AccountPool, *, conversation: ConversationKey | None = None, exclude: str = "", now: float = NOW
) -> tuple[str, ...] | NoAccount:
    need = Need(model="gpt-5.4", conversation=conversation)
    return pool.rank(need, exclude=frozenset(exclude), now=now, used_slots=lambda _: 0)


def test_a_used_up_account_is_left_out_until_its_window_resets() -> None:
    pool = pool_of("a", "b")
    pool.settle("a", Occurrence.USAGE_LIMIT, generation=0, now=NOW, until=NOW + 100)
    assert rank(pool) == ("b",)
    assert rank(pool, now=NOW + 100) == ("a", "b")


def test_where_nobody_can_serve_it_says_why_and_until_when() -> None:
    pool = pool_of("a", "b")
    pool.settle("a", Occurrence.USAGE_LIMIT, generation=0, now=NOW, until=NOW + 100)
    pool.settle("b", Occurrence.USAGE_LIMIT, generation=0, now=NOW, until=NOW + 50)
    assert rank(pool) == NoAccount(by_state={"limited": 2}, retry_at=NOW + 50)


def test_a_conversation_stays_at_home_and_moves_when_home_is_locked_for_long() -> None:
    pool = pool_of("a", "b")
    pool.chosen("b", CONVERSATION, NOW)
    assert rank(pool, conversation=CONVERSATION) == ("b", "a")
    pool.settle("b", Occurrence.USAGE_LIMIT, generation=0, now=NOW, until=NOW + 3600)
    pool.chosen("a", CONVERSATION, NOW)
    assert rank(pool, conversation=CONVERSATION, now=NOW + 4000) == ("a", "b")


def test_a_short_lock_does_not_move_a_conversation() -> None:
    pool = pool_of("a", "b")
    pool.chosen("b", CONVERSATION, NOW)
    pool.settle("b", Occurrence.RATE_LIMIT, generation=0, now=NOW, until=NOW + 5)
    pool.chosen("a", CONVERSATION, NOW)
    assert rank(pool, conversation=CONVERSATION, now=NOW + 10) == ("b", "a")


def test_a_conversation_moves_with_what_only_one_account_can_open() -> None:
    pool = pool_of("a", "b")
    pool.chosen("a", CONVERSATION, NOW)
    pool.moved("b", CONVERSATION)
    assert rank(pool, conversation=CONVERSATION) == ("b", "a")


def test_a_late_refusal_of_an_old_token_does_not_hurt_the_new_one() -> None:
    pool = pool_of("a")
    pool.add(Account(row_id="a", credential=Credential(token="new")), NOW)
    pool.settle("a", Occurrence.REFUSED_TOKEN, generation=0, now=NOW, until=None)
    assert rank(pool) == ("a",)
    pool.settle("a", Occurrence.REFUSED_TOKEN, generation=1, now=NOW, until=None)
    assert pool.conditions(NOW)["a"].state is State.EXPIRED


def test_an_expired_token_is_not_used() -> None:
    assert rank(pool_of("a", expires_at=NOW - 1)) == NoAccount(by_state={"expired": 1}, retry_at=None)


def test_an_account_whose_plan_lacks_the_model_is_passed_over_for_a_while() -> None:
    pool = pool_of("a", "b")
    pool.lacks_model("a", "gpt-5.4", NOW + 60)
    assert rank(pool) == ("b",)
    assert rank(pool, now=NOW + 61) == ("a", "b")


def test_counters_change_the_order() -> None:
    pool = pool_of("a", "b")
    pool.observe("a", RateLimitSnapshot(primary=RateLimitWindow(used_percent=90.0)))
    assert rank(pool) == ("b", "a")


def test_tried_accounts_are_excluded() -> None:
    assert rank(pool_of("a", "b"), exclude="a") == ("b",)


def test_accounts_are_listed_by_plan() -> None:
    assert [account.row_id for account in pool_of("a", "b").plans()["plus"]] == ["a", "b"]


def test_a_conversation_at_home_waits_for_its_account_and_a_new_one_does_not() -> None:
    pool = pool_of("a", "b")
    pool.chosen("a", CONVERSATION, NOW)

    def ranked(conversation: ConversationKey | None) -> tuple[str, ...] | NoAccount:
        need = Need(model="gpt-5.4", conversation=conversation)
        return pool.rank(
            need, exclude=frozenset(), now=NOW, used_slots=lambda _: 0, must_wait=lambda row_id: row_id == "a"
        )

    assert ranked(CONVERSATION) == ("a", "b")
    assert ranked(("key", "new")) == ("b", "a")
