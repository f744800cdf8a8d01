"""One refresh of one account, as a dialogue with store and issuer."""

import asyncio

import pytest

from codex_proxy.accounts.issuer import IssuerError, RefreshReason, Refusal
from codex_proxy.accounts.record import Death, Identity, Secrets
from codex_proxy.accounts.store import Edit, NewAccount
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed, renew
from tests.operations.refresh.stand_ins import WHO, FailingStore, Ground, grant
from tests.waiting import until

OTHER = Identity(issuer=WHO.issuer, account_id="workspace", user_id="somebody else")


async def ask(ground: Ground, *, seen: int = 0, failures: int = 0) -> Refreshed:
    return await renew(ground.parts, "a", seen_generation=seen, reason=RefreshReason.PROACTIVE, failures=failures)


async def test_a_new_pair_is_on_disk_and_one_generation_on() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(grant(1, plan="pro", email="a@example.invalid"))
    refreshed = await ask(ground)
    assert (refreshed.outcome, refreshed.has_newer) == (Outcome.RENEWED, True)
    assert refreshed.record == await ground.store.find("a")
    assert refreshed.record is not None
    assert (refreshed.record.generation, refreshed.record.plan, refreshed.record.email) == (
        1,
        "pro",
        "a@example.invalid",
    )
    assert await ground.secrets() == Secrets(access_token="access-1", refresh_token="refresh-1")
    assert ground.issuer.sent == ["refresh-0-a"]
    assert await ground.store.open_intents() == ()


async def test_a_02_the_intent_is_on_disk_while_the_token_is_on_its_way() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await ask(ground)
    (intent,) = await ground.store.open_intents()
    assert (intent.row_id, intent.earlier_tries) == ("a", 0)


async def test_a_03_an_answer_without_refresh_token_keeps_the_old_one() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(grant(1, secrets=Secrets(access_token="access-1")))
    await ask(ground)
    assert await ground.secrets() == Secrets(access_token="access-1", refresh_token="refresh-0-a")


async def test_b_01_a_newer_pair_that_somebody_else_got_is_adopted_and_nothing_sent() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(grant(1))
    await ask(ground)
    refreshed = await ask(ground)
    assert (refreshed.outcome, refreshed.has_newer) == (Outcome.ADOPTED, True)
    assert ground.issuer.sent == ["refresh-0-a"]


async def test_where_another_process_holds_the_account_it_is_asked_for_again_soon() -> None:
    ground = Ground()
    await ground.begin()
    ground.locks.busy.add("a")
    refreshed = await ask(ground)
    assert (refreshed.outcome, refreshed.wait_seconds, ground.issuer.sent) == (Outcome.POSTPONED, 5.0, [])


async def test_an_account_that_is_gone_sends_nothing() -> None:
    assert (await ask(Ground())).outcome is Outcome.GONE


async def test_an_account_without_refresh_token_sends_nothing() -> None:
    ground = Ground()
    new = NewAccount(row_id="a", identity=WHO, secrets=Secrets(access_token="only"))
    await ground.store.put(new, now=0.0)
    assert (await ask(ground)).outcome is Outcome.NOTHING_TO_SEND


@pytest.mark.parametrize(
    ("refusal", "death"),
    [
        (Refusal.REFRESH_TOKEN_EXPIRED, Death.EXPIRED),
        (Refusal.REFRESH_TOKEN_REVOKED, Death.REVOKED),
        (Refusal.REFRESH_TOKEN_REUSED, Death.REUSED),
        (Refusal.DEACTIVATED, Death.DEACTIVATED),
    ],
)
async def test_b_03_a_dead_token_is_sent_once_and_its_access_token_stays(refusal: Refusal, death: Death) -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(IssuerError(refusal, "no more"))
    first, second = await ask(ground), await ask(ground)
    assert first.record is not None
    assert (first.outcome, first.record.death, first.record.died_at) == (Outcome.DEAD, death, 1000.0)
    assert (second.outcome, ground.issuer.sent) == (Outcome.DEAD, ["refresh-0-a"])
    secrets = await ground.secrets()
    assert secrets is not None
    assert secrets.access_token == "access-0-a"
    assert await ground.store.open_intents() == ()


async def test_b_01_a_token_reported_reused_while_an_import_came_is_no_death() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.gate.clear()
    ground.issuer.answers.append(IssuerError(Refusal.REFRESH_TOKEN_REUSED, "reused"))

    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(ask(ground))
        await until(lambda: ground.issuer.sent)
        await ground.begin("elsewhere", number=5)
        ground.issuer.gate.set()
    assert asking.result().outcome is Outcome.ADOPTED
    record = await ground.store.find("a")
    assert record is not None
    assert record.death is None


async def test_a_transient_refusal_leaves_no_trace_and_says_when_to_come_again() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers.append(IssuerError(Refusal.UNAVAILABLE, "502"))
    refreshed = await ask(ground, failures=2)
    assert (refreshed.outcome, refreshed.wait_seconds, refreshed.message) == (Outcome.POSTPONED, 45.0, "502")
    assert await ground.store.open_intents() == ()
    assert refreshed.record is not None
    assert refreshed.record.death is None


async def test_silence_after_sending_is_tried_once_more_and_then_needs_a_login() -> None:
    ground = Ground()
    await ground.begin()
    silent = IssuerError(Refusal.NO_ANSWER, "no answer", maybe_spent=True)
    ground.issuer.answers += [silent, silent]
    first, second, third = await ask(ground), await ask(ground), await ask(ground)
    assert (first.outcome, first.wait_seconds) == (Outcome.POSTPONED, 60.0)
    assert second.record is not None
    assert (second.outcome, second.record.death) == (Outcome.DEAD, Death.UNKNOWN_AFTER_CRASH)
    assert (third.outcome, len(ground.issuer.sent)) == (Outcome.DEAD, 2)


async def test_a_second_try_that_was_never_sent_may_be_made_again() -> None:
    ground = Ground()
    await ground.begin()
    ground.issuer.answers += [
        IssuerError(Refusal.NO_ANSWER, "no answer", maybe_spent=True),
        IssuerError(Refusal.UNREACHABLE, "no connection"),
        grant(1),
    ]
    await ask(ground)
    assert (await ask(ground)).outcome is Outcome.POSTPONED
    assert (await ask(ground)).outcome is Outcome.RENEWED


async def test_a_retry_after_a_crash_that_finds_the_token_spent_says_that_nobody_knows() -> None:
    ground = Ground()
    record = await ground.begin()
    await ground.store.begin_refresh("a", generation=record.generation, now=0.0)  # and the process died
    ground.issuer.answers.append(IssuerError(Refusal.REFRESH_TOKEN_REUSED, "reused"))
    refreshed = await ask(ground)
    assert refreshed.record is not None
    assert (refreshed.outcome, refreshed.record.death) == (Outcome.DEAD, Death.UNKNOWN_AFTER_CRASH)


async def test_two_crashes_between_sending_and_keeping_send_no_third_time() -> None:
    ground = Ground()
    record = await ground.begin()
    for _ in range(2):
        await ground.store.begin_refresh("a", generation=record.generation, now=0.0)
    refreshed = await ask(ground)
    assert (refreshed.outcome, ground.issuer.sent) == (Outcome.DEAD, [])


async def test_b_13_tokens_of_another_identity_go_to_it_and_the_account_keeps_its_own() -> None:
    ground = Ground()
    before = await ground.begin()
    ground.issuer.answers.append(grant(1, identity=OTHER))
    refreshed = await ask(ground)
    assert refreshed.outcome is Outcome.POSTPONED
    now = await ground.store.find("a")
    assert now is not None
    assert (now.generation, now.identity) == (before.generation, WHO)
    other = await ground.store.find("new-0")
    assert other is not None
    assert other.identity == OTHER


async def test_b_13_half_an_answer_keeps_the_refresh_token_that_came() -> None:
    ground = Ground()
    await ground.begin()
    half = IssuerError(Refusal.PROTOCOL, "no access token", maybe_spent=True, came=Secrets(refresh_token="refresh-1"))
    ground.issuer.answers += [half, grant(2)]
    first = await ask(ground)
    assert (first.outcome, first.wait_seconds) == (Outcome.POSTPONED, 600.0)
    assert await ground.secrets() == Secrets(access_token="access-0-a", refresh_token="refresh-1")
    assert (await ask(ground, seen=1)).outcome is Outcome.RENEWED
    assert ground.issuer.sent == ["refresh-0-a", "refresh-1"]


async def test_a_pair_that_the_store_refuses_is_kept_as_soon_as_it_can_be() -> None:
    ground = Ground(FailingStore(failures=3))
    await ground.begin()
    ground.issuer.answers.append(grant(1))
    refreshed = await ask(ground)
    assert (refreshed.outcome, len(ground.issuer.sent), len(ground.complaints)) == (Outcome.RENEWED, 1, 3)
    assert await ground.secrets() == Secrets(access_token="access-1", refresh_token="refresh-1")
    assert "refresh-1" not in "".join(ground.complaints)


async def test_an_account_removed_while_its_token_was_on_its_way_does_not_come_back() -> None:
    store = FailingStore(failures=0)
    store.meanwhile = lambda: store.remove(["a"], now=1.0)
    ground = Ground(store)
    await ground.begin()
    ground.issuer.answers.append(grant(1))
    assert (await ask(ground)).outcome is Outcome.GONE
    assert (await ground.store.load()).changed == ()


async def test_a_04_a_label_given_meanwhile_stays() -> None:
    store = FailingStore(failures=0)
    store.meanwhile = lambda: store.edit("a", Edit(label="mine"))
    ground = Ground(store)
    await ground.begin()
    ground.issuer.answers.append(grant(1))
    refreshed = await ask(ground)
    assert refreshed.record is not None
    assert (refreshed.record.label, refreshed.record.generation) == ("mine", 1)
