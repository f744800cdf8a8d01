"""Somebody who logs in serves at once."""

from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.store import Edit
from codex_proxy.operations.login.outcomes import keep_grant
from tests.operations.accounts.household import A, Household, person
from tests.operations.login.stage import NOW, grant


def state(house: Household) -> State:
    return house.pool.verdicts(house.clock.now())[A].state


async def test_a_14_a_new_account_is_there_with_the_next_question() -> None:
    house = Household()
    await keep_grant(house.login, grant(person(A)))
    assert [record.email for record in house.pool.records()] == ["aaaa@example.invalid"]


async def test_a_12_a_login_takes_away_what_stood_in_the_way_of_an_account() -> None:
    house = Household()
    await house.add(A)
    house.pool.settle(A, News(occurrence=Occurrence.DEACTIVATED), NOW)
    assert state(house) is State.DEACTIVATED
    await keep_grant(house.login, grant(person(A), issued_at=NOW))
    assert state(house) is State.ACTIVE


async def test_a_12_but_what_the_owner_switched_off_stays_off() -> None:
    house = Household()
    await house.add(A)
    await house.store.edit(A, Edit(enabled=False))
    await keep_grant(house.login, grant(person(A), issued_at=NOW))
    assert state(house) is State.DISABLED


async def test_an_older_credential_says_nothing() -> None:
    house = Household()
    await house.add(A, grant(person(A), issued_at=NOW))
    house.pool.settle(A, News(occurrence=Occurrence.DEACTIVATED), NOW)
    await keep_grant(house.login, grant(person(A), issued_at=NOW - 60))
    assert state(house) is State.DEACTIVATED
