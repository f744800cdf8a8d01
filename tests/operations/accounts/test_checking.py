"""Whether accounts still work."""

import pytest

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import Edit
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.checking import CheckPlan, CheckSummary, Finding
from codex_proxy.operations.accounts.parts import UnknownAccount
from codex_proxy.operations.jobs_book import Progress, Ticket
from codex_proxy.transports.scripted import ScriptedReply
from tests.operations.accounts.household import A, B, C, Household, limits, person
from tests.operations.login.stage import DAY, NOW, grant
from tests.operations.quota.stand_ins import reply

EXPIRED = grant(person(A), issued_at=NOW - 20 * DAY, refresh_token="rt_kept")
NO_REFRESH_TOKEN = grant(person(A), issued_at=NOW - DAY, refresh_token=None)


def failing(kind: FailureKind) -> ScriptedReply:
    return ScriptedReply(refused=Failure(kind=kind, message=f"it said eyJhbGciOiJSUzI1NiJ9.{kind}.x"))


# ---------------------------------------------------------------------------------------------------- refresh


async def test_a_08_a_renewed_account_is_alive_and_not_tried_out() -> None:
    house = Household()
    await house.add(A)
    house.issuer.renewals.append(grant(person(A), refresh_token="rt_next"))
    async with house.serving():
        found = await house.checks.refresh(A)
    assert (found.result, found.error, found.previous_status.value) == (Finding.ALIVE, None, "active")
    assert (house.asked, (await house.secrets()).refresh_token) == ([], "rt_next")


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (Refusal.REFRESH_TOKEN_REVOKED, Finding.DEAD),
        (Refusal.DEACTIVATED, Finding.DEAD),
        (Refusal.REGION, Finding.SKIPPED),
        (Refusal.UNAVAILABLE, Finding.SKIPPED),
    ],
)
async def test_b_11_a_refusal_is_told_and_what_says_nothing_of_the_account_judges_nothing(
    refusal: Refusal, expected: Finding
) -> None:
    house = Household()
    await house.add(A)
    house.issuer.renewals.append(IssuerError(refusal, "the issuer said no"))
    async with house.serving():
        found = await house.checks.refresh(A)
    assert (found.result, found.error, house.asked) == (expected, "the issuer said no", [])


async def test_without_a_refresh_token_the_usage_is_asked_for() -> None:
    house = Household()
    await house.add(A, NO_REFRESH_TOKEN)
    house.transport.add(reply(limits(1)))
    assert (await house.checks.refresh(A)).result is Finding.ALIVE


async def test_b_02_the_dead_serve_on_while_their_access_token_lasts() -> None:
    house = Household()
    await house.add(A)
    house.issuer.renewals.append(IssuerError(Refusal.REFRESH_TOKEN_REUSED, "used already"))
    async with house.serving():
        assert (await house.checks.refresh(A)).result is Finding.DEAD
        house.transport.add(reply(limits(1)))
        assert (await house.checks.refresh(A)).result is Finding.ALIVE
        house.clock.time += 20 * DAY
        found = await house.checks.check(A)
    assert (found.result, found.error) == (Finding.DEAD, "refresh_token_reused")
    assert len(house.issuer.sent) == 1


# ------------------------------------------------------------------------------------------------------ check


async def test_a_working_token_is_not_renewed_for_a_check() -> None:
    house = Household()
    await house.add(A)
    house.transport.add(reply(limits(1)))
    assert (await house.checks.check(A)).result is Finding.ALIVE
    assert house.issuer.sent == []


async def test_one_that_is_over_is_renewed() -> None:
    house = Household()
    await house.add(A, EXPIRED)
    house.issuer.renewals.append(grant(person(A)))
    async with house.serving():
        assert (await house.checks.check(A)).result is Finding.ALIVE
    assert house.asked == []


async def test_one_that_was_never_exchanged_is_exchanged() -> None:
    house = Household()
    await house.add(A, Grant(identity=Identity(issuer=EXPIRED.identity.issuer), secrets=Secrets(refresh_token="rt_x")))
    house.issuer.renewals.append(grant(person(A)))
    async with house.serving():
        assert (await house.checks.check(A)).result is Finding.ALIVE


async def test_b_09_a_refused_token_is_renewed_before_anybody_is_called_dead() -> None:
    house = Household()
    await house.add(A)
    house.transport.add(reply({}, 401))
    house.issuer.renewals.append(grant(person(A)))
    async with house.serving():
        assert (await house.checks.check(A)).result is Finding.ALIVE
    assert house.issuer.reasons == [RefreshReason.UNAUTHORIZED]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FailureKind.UNAUTHORIZED, Finding.DEAD),
        (FailureKind.DEACTIVATED, Finding.DEAD),
        (FailureKind.USAGE_LIMIT, Finding.ALIVE),
        (FailureKind.PAYMENT_REQUIRED, Finding.ALIVE),
        (FailureKind.FORBIDDEN, Finding.SKIPPED),
        (FailureKind.CHALLENGE, Finding.SKIPPED),
        (FailureKind.REGION_BLOCKED, Finding.SKIPPED),
        (FailureKind.UNREACHABLE, Finding.SKIPPED),
    ],
)
async def test_a_05_what_a_query_says_of_an_account(kind: FailureKind, expected: Finding) -> None:
    house = Household()
    await house.add(A, NO_REFRESH_TOKEN)
    house.transport.add(failing(kind))
    async with house.serving():
        found = await house.checks.check(A)
    assert found.result is expected
    assert found.error == (None if expected is Finding.ALIVE else f"{kind.value}: it said ***")


async def test_nobody_cannot_be_checked() -> None:
    house = Household()
    for check in (house.checks.check, house.checks.refresh):
        with pytest.raises(UnknownAccount):
            await check(A)
    with pytest.raises(UnknownAccount):
        house.checks.plan(CheckPlan(row_ids=(A,)))


# ---------------------------------------------------------------------------------------------------- several


async def test_every_enabled_account_is_meant_where_none_is_named() -> None:
    house = Household()
    for row_id in (C, A, B):
        await house.add(row_id)
        house.clock.time += 1
    await house.store.edit(B, Edit(enabled=False))
    await house.keeper.follow()
    assert house.checks.plan(CheckPlan(row_ids=())).row_ids == (C, A)
    assert house.checks.plan(CheckPlan(row_ids=(B, A, B))).row_ids == (B, A)


async def test_a_07_accounts_are_checked_some_time_apart_and_told_of() -> None:
    house, ticket = Household(), Ticket()
    for row_id in (A, B, C):
        await house.add(row_id)
    house.transport.add(reply(limits(1)), account_id=A)
    house.transport.add(failing(FailureKind.CHALLENGE), account_id=B)
    house.transport.add(failing(FailureKind.DEACTIVATED), account_id=C)
    plan = house.checks.plan(CheckPlan(row_ids=(), stagger_seconds=5.0, concurrency=2))
    checked = await house.checks.run(plan, ticket)
    assert checked.summary == CheckSummary(total=3, alive=1, dead=1, skipped=1)
    assert [(each.id, each.result) for each in checked.results] == [
        (A, Finding.ALIVE),
        (B, Finding.SKIPPED),
        (C, Finding.DEAD),
    ]
    assert house.clock.slept == [5.0, 5.0]
    assert ticket.progress == Progress(done=3, total=3, counts={"alive": 1, "dead": 1, "skipped": 1})


async def test_a_stop_leaves_out_the_rest() -> None:
    house, ticket = Household(), Ticket()
    for row_id in (A, B):
        await house.add(row_id)
    house.transport.add(reply(limits(1)))

    def stop() -> None:
        ticket.stop_wanted = True

    house.transport.meanwhile = stop
    checked = await house.checks.run(house.checks.plan(CheckPlan(row_ids=())), ticket)
    assert (checked.summary.total, ticket.progress.total) == (1, 2)


async def test_one_that_goes_meanwhile_is_left_out() -> None:
    house = Household()
    for row_id in (A, B):
        await house.add(row_id)
    house.transport.add(reply(limits(1)))
    plan = house.checks.plan(CheckPlan(row_ids=(), concurrency=1))
    await house.changes.remove([B])
    checked = await house.checks.run(plan, Ticket())
    assert [each.id for each in checked.results] == [A]
