"""The verdict on an account: usable or not, why, and until when."""

import msgspec
import pytest

from codex_proxy.accounts.lifecycle.condition import FRESH
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Verdict, obstacles_of, verdict
from codex_proxy.accounts.record import Death
from tests.accounts.lifecycle.scene import DAY, HOUR, NOW, WELL, Life

Oc = Occurrence


def told(credential: CredentialFacts) -> Verdict:
    return verdict(FRESH, credential, bucket="codex", now=NOW, skip_exhausted=True)


def credential(
    *,
    expires_in: float | None = DAY,
    death: Death | None = None,
    enabled: bool = True,
    refreshing: bool = False,
    has_refresh_token: bool = True,
) -> CredentialFacts:
    return CredentialFacts(
        enabled=enabled,
        death=death,
        refreshing=refreshing,
        expires_at=None if expires_in is None else NOW + expires_in,
        has_refresh_token=has_refresh_token,
    )


def test_an_account_with_nothing_in_its_way_is_usable_until_its_token_ends() -> None:
    assert told(credential()) == Verdict(state=State.ACTIVE, usable=True, changes_at=NOW + DAY)
    assert told(credential(expires_in=None)) == Verdict(state=State.ACTIVE, usable=True)


def test_a_refreshing_account_serves_on_while_its_token_is_good() -> None:
    assert told(credential(refreshing=True)).usable
    over = told(credential(refreshing=True, expires_in=0))
    assert (over.state, over.usable, over.needs_owner) == (State.REFRESHING, False, False)


@pytest.mark.parametrize("death", sorted(set(Death) - {Death.DEACTIVATED}))
def test_b_02_a_dead_refresh_token_serves_on_until_the_access_token_ends(death: Death) -> None:
    alive = told(credential(death=death))
    assert (alive.state, alive.usable, alive.reason) == (State.ACTIVE, True, death.value)
    over = told(credential(death=death, expires_in=0))
    assert (over.state, over.usable, over.reason, over.needs_owner) == (State.EXPIRED, False, death.value, True)


def test_a_closed_account_is_of_no_use_whatever_its_token() -> None:
    dead = told(credential(death=Death.DEACTIVATED))
    assert (dead.state, dead.usable, dead.needs_owner) == (State.DEACTIVATED, False, True)


def test_what_the_owner_wants_comes_first() -> None:
    off = told(credential(enabled=False, expires_in=0, death=Death.DEACTIVATED))
    assert (off.state, off.reason, off.needs_owner) == (State.DISABLED, "disabled", True)


def test_an_expired_token_with_a_refresh_token_comes_back_without_its_owner() -> None:
    assert told(credential(expires_in=0)).needs_owner is False
    assert told(credential(expires_in=0, has_refresh_token=False)).needs_owner is True
    assert told(CredentialFacts(has_access_token=False, has_refresh_token=True)).reason == "no_access_token"


def test_a_refused_token_that_is_being_renewed_is_refreshing() -> None:
    life = Life().happens(Oc.REFUSED_TOKEN)
    assert (life.state, life.verdict().reason) == (State.EXPIRED, "token_refused")
    life.credential = msgspec.structs.replace(WELL, refreshing=True)
    assert (life.state, life.verdict().until) == (State.REFRESHING, None)


def test_of_several_obstacles_the_weightiest_is_told_and_the_last_end() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR).happens(Oc.CHALLENGE)
    assert (life.state, life.verdict().until) == (State.COOLING, NOW + HOUR)
    assert life.happens(Oc.DEACTIVATED).verdict().until is None
    assert [obstacle.state for obstacle in obstacles_of(life.condition, WELL, now=NOW)] == [
        State.DEACTIVATED,
        State.COOLING,
        State.LIMITED,
    ]


def test_half_open_is_usable_for_one_request_at_a_time() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR).pass_time(HOUR)
    expected = Verdict(
        state=State.ACTIVE,
        usable=True,
        reason="usage_limit",
        needs_probe=True,
        one_at_a_time=True,
        changes_at=WELL.expires_at,
    )
    assert life.verdict() == expected
    out = life.happens(Oc.CANARY_SENT).verdict()
    assert (out.state, out.usable, out.until) == (State.LIMITED, False, life.now + 120)


def test_a_used_up_limit_of_code_reviews_keeps_the_default_bucket_out_where_counters_count() -> None:
    life = Life().is_told(reached=True, used=100, resets_in=HOUR, bucket="x-code-review".removeprefix("x-"))
    assert (life.usable, life.verdict("codex_bengalfox").usable) == (False, True)
    life.pass_time(HOUR)
    assert (life.usable, life.verdict().one_at_a_time) == (True, False)
    ignoring = Life(skip_exhausted=False).is_told(reached=True, used=100, resets_in=HOUR, bucket="code_review")
    assert ignoring.usable
    refused = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR, bucket="code_review")
    assert refused.usable


def test_a_verdict_holds_until_the_next_change() -> None:
    life = Life().happens(Oc.CHALLENGE).happens(Oc.USAGE_LIMIT, lasting=500)
    assert life.verdict().changes_at == NOW + 10
    assert life.pass_time(10).verdict().changes_at == NOW + 500
