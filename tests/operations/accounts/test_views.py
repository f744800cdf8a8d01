"""Accounts as their owner sees them."""

import msgspec
import pytest

from codex_proxy.accounts.keeping import LoadFailure, PersistenceHealth
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.quota.warnings import Thresholds
from codex_proxy.accounts.store import Edit
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.operations.accounts.parts import UnknownAccount
from codex_proxy.operations.accounts.views import is_dead
from codex_proxy.simulator.tokens import person_of
from tests.operations.accounts.household import A, B, C, Household
from tests.operations.login.stage import DAY, NOW, grant


def used(percent: float, *, resets_in_seconds: float = 3600.0) -> RateLimitSnapshot:
    window = RateLimitWindow(used_percent=percent, window_seconds=18_000, resets_in_seconds=resets_in_seconds)
    return RateLimitSnapshot(primary=window)


async def test_an_account_as_the_interface_shows_it() -> None:
    house = Household()
    await house.add(A, label="mine")
    house.pool.observe(A, used(40), NOW)
    told = msgspec.to_builtins(house.views.one(A))
    quota, usage = told.pop("quota"), told.pop("usage")
    assert told == {
        "id": A,
        "email": "aaaa@example.invalid",
        "accountId": "workspace-aaaa",
        "userId": house.views.record(A).identity.user_id,
        "label": "mine",
        "codexFingerprintMode": "off",
        "planType": "plus",
        "status": "active",
        "status_detail": None,
        "addedAt": "2027-01-15T08:00:00.000Z",
        "expiresAt": "2027-01-24T08:00:00.000Z",
        "hasRefreshToken": True,
        "followedFile": None,
        "quotaFetchedAt": "2027-01-15T08:00:00.000Z",
        "quotaVerifyRequired": False,
        "proxyId": "global",
        "proxyName": "Global",
    }
    assert (quota["rate_limit"]["used_percent"], quota["rate_limit"]["window"]) == (40.0, "5 h")
    assert (usage["request_count"], usage["last_used"]) == (0, None)


async def test_no_secret_is_in_what_is_shown() -> None:
    house = Household()
    await house.add(A)
    shown = msgspec.json.encode(await house.views.all()).decode()
    kept = await house.secrets(A)
    for secret in (kept.access_token, kept.refresh_token):
        assert secret
        assert secret not in shown


async def test_why_an_account_is_limited() -> None:
    house = Household()
    await house.add(A)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    detail = house.views.one(A).status_detail
    assert detail is not None
    assert (house.views.one(A).status, detail.reason, detail.until, detail.bucket) == (
        AccountStatus.RATE_LIMITED,
        "usage_limit",
        "2027-01-15T08:01:00.000Z",
        "codex",
    )


async def test_all_are_listed_oldest_first() -> None:
    house = Household()
    for row_id in (B, A, C):
        await house.add(row_id)
        house.clock.time += 1
    assert [view.id for view in await house.views.all()] == [B, A, C]


async def test_a_16_limited_accounts_are_logged_in_all_the_same() -> None:
    house = Household()
    assert (house.views.standing().has_accounts, house.views.user()) == (False, None)
    await house.add(A)
    await house.add(B)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    user = house.views.user()
    assert user is not None
    assert user.account_id == "workspace-bbbb"
    house.pool.settle(B, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    standing = house.views.standing()
    assert (standing.has_accounts, standing.usable_now) == (True, False)
    counts = house.views.counts()
    assert (counts["total"], counts["rate_limited"], counts["active"]) == (2, 2, 0)
    assert house.views.user() is not None


async def test_q_12_warnings_come_and_go_with_their_cause() -> None:
    house, thresholds = Household(), Thresholds()
    await house.add(A)
    house.pool.observe(A, used(85), NOW)
    (warning,) = house.views.warnings(thresholds)
    assert (warning.account_id, warning.email, warning.level.value) == (A, "aaaa@example.invalid", "warning")
    house.pool.observe(A, used(95), NOW)
    assert [each.level.value for each in house.views.warnings(thresholds)] == ["critical"]
    house.clock.time += 3601
    assert house.views.warnings(thresholds) == ()


async def test_q_11_another_threshold_counts_at_once() -> None:
    house = Household()
    await house.add(A)
    house.pool.observe(A, used(50), NOW)
    assert house.views.warnings(Thresholds()) == ()
    assert len(house.views.warnings(Thresholds(primary=(40.0,)))) == 1


async def test_a_15_with_an_account_its_warnings_go() -> None:
    house = Household()
    await house.add(A)
    house.pool.observe(A, used(95), NOW)
    await house.changes.remove([A])
    assert house.views.warnings(Thresholds()) == ()


async def test_a_store_that_cannot_be_used_is_told() -> None:
    house = Household()
    house.health = PersistenceHealth(
        ok=False, reason=LoadFailure.QUARANTINED, message="broken", quarantined=True, backup_path="copy.bak"
    )
    assert msgspec.to_builtins(house.views.persistence()) == {
        "ok": False,
        "reason": "load_failed_quarantined",
        "message": "broken",
        "quarantined": True,
        "backupPath": "copy.bak",
    }


def test_an_account_that_is_not_there() -> None:
    house = Household()
    for look in (house.views.one, house.views.record, house.views.status, house.views.quota):
        with pytest.raises(UnknownAccount):
            look(A)


async def test_an_account_is_dead_when_nothing_can_be_asked_for_it() -> None:
    house = Household()
    await house.add(A)
    found = house.pool.condition(A)
    assert found is not None
    facts = found[1]
    dead = msgspec.structs.replace(facts, death="refresh_token_reused")
    assert not is_dead(facts, NOW + 100 * DAY), "it has a refresh token that may work"
    assert not is_dead(dead, NOW), "its access token serves on"
    assert is_dead(dead, NOW + 100 * DAY)
    assert is_dead(msgspec.structs.replace(facts, has_access_token=False), NOW)


async def test_many_accounts_leave_turns_to_others() -> None:
    house = Household()
    for number in range(60):
        await house.add(f"{number:016x}", grant(person_of(f"workspace-{number}")))
    await house.store.edit(f"{3:016x}", Edit(label="third"))
    await house.keeper.follow()
    views = await house.views.all()
    assert (len(views), [view.label for view in views if view.label]) == (60, ["third"])
