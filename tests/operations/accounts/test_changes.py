"""What the owner changes of accounts."""

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.quota.counters import Tally
from codex_proxy.accounts.record import FingerprintMode
from codex_proxy.operations.accounts.changes import Removed, Switched
from codex_proxy.operations.accounts.parts import UnknownAccount
from codex_proxy.operations.login.tokens import ExchangeRefused, TokenUnusable
from tests.operations.accounts.household import A, B, C, Household, person
from tests.operations.login.stage import NOW, grant, token


async def household(*row_ids: str) -> Household:
    house = Household()
    for row_id in row_ids:
        await house.add(row_id)
    return house


def states(house: Household) -> dict[str, State]:
    return {row_id: verdict.state for row_id, verdict in house.pool.verdicts(house.clock.now()).items()}


# --------------------------------------------------------------------------------------------------- new ones


async def test_a_14_an_access_token_is_an_account_at_once() -> None:
    house = Household()
    done = await house.changes.add([token(person(A))], label="mine")
    assert (done.added, done.account.label, done.account.status) == (True, "mine", AccountStatus.ACTIVE)
    assert house.asked == [], "a token that came just now is not tried out"


async def test_a_refresh_token_is_exchanged_once() -> None:
    house = Household()
    house.issuer.renewals.append(grant(person(A), refresh_token="rt_the-next-one"))
    async with house.serving():
        done = await house.changes.add(["rt_brought-by-the-owner"])
    assert (done.account.email, len(house.issuer.sent)) == ("aaaa@example.invalid", 1)
    assert list(states(house).values()) == [State.ACTIVE]


async def test_a_13_a_refresh_token_that_works_no_more_leaves_no_account() -> None:
    house = Household()
    house.issuer.renewals.append(IssuerError(Refusal.REFRESH_TOKEN_REUSED, "the refresh token was used already"))
    async with house.serving():
        with pytest.raises(ExchangeRefused):
            await house.changes.add(["rt_brought-by-the-owner"])
    assert (await house.store.load()).changed == ()


async def test_no_token_is_said_so() -> None:
    with pytest.raises(TokenUnusable, match="no token"):
        await Household().changes.add([])


# ------------------------------------------------------------------------------------------------ single ones


async def test_names_and_modes_are_kept_and_seen_at_once() -> None:
    house = await household(A)
    await house.changes.label(A, "mine")
    await house.changes.fingerprint(A, FingerprintMode.SESSION)
    view = house.views.one(A)
    assert (view.label, view.codex_fingerprint_mode) == ("mine", FingerprintMode.SESSION)
    await house.changes.label(A, "")
    record = await house.store.find(A)
    assert record is not None
    assert record.label is None


async def test_nobody_can_be_changed() -> None:
    house = Household()
    with pytest.raises(UnknownAccount):
        await house.changes.label(A, "mine")
    with pytest.raises(UnknownAccount):
        await house.changes.fingerprint(A, FingerprintMode.OFF)
    with pytest.raises(UnknownAccount):
        await house.changes.remove_one(A)
    with pytest.raises(UnknownAccount):
        await house.changes.events(A, limit=1)
    for change in (house.changes.reset_usage, house.changes.clear):
        with pytest.raises(UnknownAccount):
            change(A)


async def test_q_03_what_stands_in_the_way_can_be_taken_away_by_hand() -> None:
    house = await household(A)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, bucket="codex_bengalfox", until=NOW + 60), NOW)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    assert house.changes.clear(A, bucket="codex_bengalfox").status is AccountStatus.RATE_LIMITED
    house.pool.settle(A, News(occurrence=Occurrence.CHALLENGE), NOW)
    shown = house.changes.clear(A)
    assert (shown.status, shown.detail) == (AccountStatus.ACTIVE, None)


async def test_what_happened_is_in_the_timeline_at_once() -> None:
    house = await household(A)
    states(house)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    house.changes.clear(A)
    events = await house.changes.events(A, limit=10)
    assert [(event.before, event.after) for event in events] == [("rate_limited", "active"), ("active", "rate_limited")]
    assert len(await house.changes.events(A, limit=1)) == 1


async def test_counters_begin_anew() -> None:
    house = await household(A)
    house.changes.reset_usage(A)
    assert house.counters.of(A).total == Tally()
    await house.counters.write()
    assert A in await house.store.load_counters()


# ------------------------------------------------------------------------------------------------ several ones


async def test_accounts_are_switched_off_and_on() -> None:
    house = await household(A, B)
    assert await house.changes.switch([A, B, C, A], enabled=False) == Switched(updated=2, not_found=(C,))
    assert states(house) == {A: State.DISABLED, B: State.DISABLED}
    assert await house.changes.switch([A], enabled=True) == Switched(updated=1, not_found=())
    assert states(house) == {A: State.ACTIVE, B: State.DISABLED}


async def test_switched_on_an_account_is_out_of_everything_that_stood_in_its_way() -> None:
    house = await household(A)
    house.pool.settle(A, News(occurrence=Occurrence.PAYMENT), NOW)
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    await house.changes.switch([A], enabled=True)
    assert states(house) == {A: State.ACTIVE}


async def test_a_15_with_an_account_everything_goes_that_names_it() -> None:
    house = await household(A, B)
    house.pool.affinity.settle(("key", "talk"), A, NOW)
    house.counters.reset(A)
    await house.counters.write()
    house.pool.settle(A, News(occurrence=Occurrence.PAYMENT), NOW)
    await house.keeper.write()
    assert await house.changes.remove([A, C]) == Removed(deleted=1, not_found=(C,))
    assert (house.gone, list(states(house))) == ([A], [B])
    await house.keeper.write()
    assert A not in {
        *await house.store.load_conditions(),
        *await house.store.load_counters(),
        *(record.row_id for record in (await house.store.load()).changed),
    }
    assert house.pool.affinity.home(("key", "talk"), NOW) is None
    assert house.issuer.revoked == [], "that is the owner's choice"


async def test_the_issuer_is_told_where_the_owner_wants_it() -> None:
    house = await household(A, B)
    assert await house.changes.remove([A, C], revoke=True) == Removed(deleted=1, not_found=(C,))
    assert house.issuer.revoked == [f"rt_of-{A}-kept"]
    house.issuer.deaf = IssuerError(Refusal.UNREACHABLE, "no way")
    assert await house.changes.remove_one(B, revoke=True) == Removed(deleted=1, not_revoked=(B,))


async def test_everybody_can_be_removed() -> None:
    house = await household(A, B)
    assert await house.changes.remove_all() == Removed(deleted=2)
    assert (len(house.pool), (await house.store.load()).changed) == (0, ())
