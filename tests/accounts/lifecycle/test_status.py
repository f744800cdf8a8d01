"""States as they are shown."""

import msgspec
import pytest

from codex_proxy.accounts.lifecycle.condition import step
from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.lifecycle.status import (
    STATUS_OF,
    AccountStatus,
    PoolStanding,
    Shown,
    StatusDetail,
    counted,
    event_of,
    pool_standing,
    quota_facts,
    shown,
)
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Verdict
from codex_proxy.accounts.quota.shown import shown_quota
from codex_proxy.accounts.record import AccountEvent, Death
from tests.accounts.lifecycle.scene import DAY, HOUR, NOW, WELL, Life

Oc = Occurrence


def status(life: Life) -> AccountStatus:
    return shown(life.condition, life.credential, now=life.now).status


def test_every_state_has_a_word() -> None:
    assert set(STATUS_OF) == set(State)


@pytest.mark.parametrize(
    ("occurrence", "word"),
    [
        (Oc.SUCCEEDED, "active"),
        (Oc.USAGE_LIMIT, "rate_limited"),
        (Oc.CHALLENGE, "active"),
        (Oc.PATH_BLOCK, "active"),
        (Oc.PAYMENT, "quota_exhausted"),
        (Oc.FORBIDDEN, "active"),
        (Oc.REFUSED_TOKEN, "expired"),
        (Oc.REFUSED_TOO_OFTEN, "expired"),
        (Oc.DEACTIVATED, "banned"),
    ],
)
def test_what_happened_is_shown_in_one_word(occurrence: Occurrence, word: str) -> None:
    assert status(Life().happens(occurrence)).value == word


@pytest.mark.parametrize(
    ("credential", "word"),
    [
        (msgspec.structs.replace(WELL, enabled=False), "disabled"),
        (msgspec.structs.replace(WELL, expires_at=NOW), "expired"),
        (msgspec.structs.replace(WELL, expires_at=NOW, refreshing=True), "refreshing"),
        (msgspec.structs.replace(WELL, refreshing=True), "active"),
        (msgspec.structs.replace(WELL, death=Death.DEACTIVATED), "banned"),
    ],
)
def test_the_credential_is_shown_in_one_word(credential: CredentialFacts, word: str) -> None:
    assert status(Life(credential)).value == word


def test_b_02_a_reused_refresh_token_is_no_ban_and_says_what_it_is() -> None:
    life = Life(msgspec.structs.replace(WELL, death=Death.REUSED, died_at=NOW - 5))
    assert shown(life.condition, life.credential, now=NOW) == Shown(
        status=AccountStatus.ACTIVE,
        detail=StatusDetail(reason="refresh_token_reused", since=NOW - 5, until=WELL.expires_at),
    )
    assert status(life.pass_time(20 * DAY)) is AccountStatus.EXPIRED


def test_any_buckets_limit_shows_as_rate_limited_until_it_opens() -> None:
    life = Life(skip_exhausted=False).is_told(reached=True, used=100, resets_in=HOUR, bucket="codex_bengalfox")
    assert shown(life.condition, WELL, now=NOW) == Shown(
        status=AccountStatus.RATE_LIMITED,
        detail=StatusDetail(reason="limit_reached", since=NOW, until=NOW + HOUR, bucket="codex_bengalfox"),
    )
    life.pass_time(HOUR)
    told = shown(life.condition, WELL, now=life.now)
    assert told.detail is not None
    assert (told.status, told.detail.reason) == (AccountStatus.ACTIVE, "limit_reached")


def test_the_detail_shows_the_evidence() -> None:
    seen = Evidence(status=403, code="no", message="because", request_id="req_1", asked_at=NOW)
    condition = step(Life().condition, Oc.FORBIDDEN, now=NOW, evidence=seen).condition
    told = shown(condition, WELL, now=NOW)
    assert told.detail == StatusDetail(
        reason="forbidden",
        code="no",
        since=NOW,
        until=NOW + 60,
        evidence={"status": "403", "code": "no", "message": "because", "request_id": "req_1"},
    )


def test_a_refused_bucket_shows_as_reached_whatever_its_counters_say() -> None:
    life = Life().is_told(used=40, resets_in=600).happens(Oc.USAGE_LIMIT, lasting=HOUR)
    quota = shown_quota(quota_facts(life.condition, now=NOW), now=NOW)
    assert quota is not None
    assert quota.rate_limit is not None
    assert (quota.rate_limit.limit_reached, quota.rate_limit.allowed) == (True, False)
    assert (quota.rate_limit.reset_at, quota.rate_limit.used_percent) == (NOW + HOUR, 40)
    after = shown_quota(quota_facts(life.condition, now=NOW + HOUR), now=NOW + HOUR)
    assert after is not None
    assert after.rate_limit is not None
    assert after.rate_limit.limit_reached is False


def test_counts_name_every_status() -> None:
    counts = counted([AccountStatus.ACTIVE, AccountStatus.RATE_LIMITED, AccountStatus.ACTIVE])
    assert counts == {
        "total": 3,
        "active": 2,
        "expired": 0,
        "quota_exhausted": 0,
        "rate_limited": 1,
        "refreshing": 0,
        "disabled": 0,
        "banned": 0,
    }


def standing(*lives: Life, slots: bool = True) -> PoolStanding:
    return pool_standing((life.verdict(), slots) for life in lives)


def test_a_16_limited_accounts_are_accounts() -> None:
    limited = [Life().happens(Oc.USAGE_LIMIT, lasting=seconds) for seconds in (500, 300)]
    assert standing(*limited) == PoolStanding(has_accounts=True, retry_at=NOW + 300)


def test_a_16_a_pool_without_a_free_slot_is_usable() -> None:
    assert standing(Life()) == PoolStanding(has_accounts=True, usable_now=True, capacity_now=True)
    assert standing(Life(), slots=False) == PoolStanding(has_accounts=True, usable_now=True)


def test_a_16_accounts_that_need_their_owner_are_no_accounts() -> None:
    gone = [
        Life(msgspec.structs.replace(WELL, enabled=False)),
        Life(msgspec.structs.replace(WELL, death=Death.DEACTIVATED)),
        Life(CredentialFacts(expires_at=NOW)),
    ]
    assert standing() == standing(*gone) == PoolStanding()
    assert standing(*gone, Life(msgspec.structs.replace(WELL, expires_at=NOW))).has_accounts


def test_a_change_that_is_shown_is_an_event() -> None:
    life = Life()
    before = shown(life.condition, WELL, now=NOW)
    after = shown(life.happens(Oc.USAGE_LIMIT, lasting=HOUR).condition, WELL, now=NOW)
    assert event_of("a", before, after, at=NOW) == AccountEvent(
        row_id="a", at=NOW, before="active", after="rate_limited", reason="usage_limit"
    )
    again = event_of("a", after, before, at=NOW + 1)
    assert again == AccountEvent(row_id="a", at=NOW + 1, before="rate_limited", after="active", reason="recovered")
    assert event_of("a", after, after, at=NOW) is None


def test_a_change_of_the_reason_alone_is_an_event_too() -> None:
    resting = Shown(status=AccountStatus.ACTIVE, detail=StatusDetail(reason="cf_challenge", evidence={"status": "403"}))
    event = event_of("a", Shown(status=AccountStatus.ACTIVE), resting, at=NOW)
    assert event is not None
    assert (event.before, event.after, event.reason, event.evidence) == (
        "active",
        "active",
        "cf_challenge",
        {"status": "403"},
    )


def test_the_earliest_return_counts() -> None:
    verdicts = [Verdict(state=State.LIMITED, usable=False, until=until) for until in (NOW + 9, None, NOW + 5)]
    assert pool_standing((told, True) for told in verdicts).retry_at == NOW + 5
