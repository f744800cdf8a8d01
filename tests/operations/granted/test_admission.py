"""The terms of keys, applied to what they ask for."""

import asyncio
from pathlib import Path

from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.periods import Period, period_end
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.usage import Usage
from tests.access.granted.samples import KEY_ID, NOW, granted, tokens, usd
from tests.operations.granted.stage import desk, record


async def test_a_key_without_terms_is_not_looked_at_and_one_without_limits_waits_for_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, granted()) as made:
        assert made.admission.gate_of("inference") is None
        (await made.admitted()).settle(record(Usage(input_tokens=3, output_tokens=4)))
        assert made.store.batches == []
        (told,) = await made.views.all()
        assert (told.request_count, told.used_tokens, told.used_cost_usd) == (1, 7, 0.000007)


async def test_s_13_a_model_that_is_not_allowed_is_refused_however_it_is_called(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(models=("gpt-5.4*", "mine"))) as made:
        for asked, model in (("gpt-5.4-high-fast", "gpt-5.4"), ("mine", "gpt-5.5"), ("nobodys", None)):
            await made.admitted(asked=asked, model=model)
        for asked, model in (("gpt-5.4-opus", "gpt-5.5"), ("openai:gpt-5.5", "gpt-5.5"), ("", "gpt-5.5")):
            failure = await made.refused(asked=asked, model=model)
            assert (failure.kind, failure.code) == (FailureKind.NOT_PERMITTED, "model_not_allowed")


async def test_models_are_shown_as_they_may_be_used(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(models=("gpt-5.4", "mine", "acme:*"))) as made:
        rows = [
            ModelFacts(slug="gpt-5.4"),
            ModelFacts(slug="gpt-5.5"),
            ModelFacts(slug="mine", alias_of="gpt-5.5"),
            ModelFacts(slug="yours", alias_of="gpt-5.5"),
            ModelFacts(slug="acme:m", vendor="acme"),
            ModelFacts(slug="other:m", vendor="other"),
        ]
        shown = [row.slug for row in rows if made.admission.may_use(KEY_ID, row)]
        assert shown == ["gpt-5.4", "mine", "acme:m"]
        assert all(made.admission.may_use("inference", row) for row in rows)


async def test_a_refusal_names_the_limit_and_when_to_come_back(tmp_path: Path) -> None:
    limits = Limits(requests_per_minute=2, concurrency=1)
    async with desk(tmp_path, granted(limits=limits)) as made:
        leave = await made.admitted()
        assert dict(leave.headers) == {
            "x-ratelimit-limit-requests": "2",
            "x-ratelimit-remaining-requests": "1",
            "x-ratelimit-reset-requests": "30.000s",
        }
        failure = await made.refused()
        assert (failure.kind, failure.code) == (FailureKind.KEY_LIMITED, "concurrency_limit_exceeded")
        leave.settle(record())
        leave.settle(record())
        await made.admitted()
        failure = await made.refused()
        assert failure.code == "concurrency_limit_exceeded"
        made.clock.time += 1
        (told,) = await made.views.all()
        assert told.request_count == 1


async def test_a_rate_is_refused_until_it_has_room(tmp_path: Path) -> None:
    limits = Limits(requests_per_minute=2, tokens_per_minute=10_000)
    async with desk(tmp_path, granted(limits=limits)) as made:
        for _ in range(2):
            (await made.admitted()).settle(record(Usage(output_tokens=1)))
        failure = await made.refused()
        assert (failure.code, failure.retry_after_seconds) == ("rate_limit_exceeded", 30.0)
        assert "2 requests per minute" in failure.message
        made.clock.time += 60
        (await made.admitted()).settle(record(Usage(output_tokens=50_000)))
        assert "10000 tokens per minute" in (await made.refused()).message


async def test_a_budget_is_held_back_settled_and_told_when_it_renews(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(150), tokens(1_000, Period.DAY)))) as made:
        leave = await made.admitted()
        failure = await made.refused()
        assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUDGET_SPENT, None)
        assert "$0.00 in total" in failure.message
        leave.settle(record(Usage(input_tokens=10)))
        (await made.admitted()).settle(record(Usage(output_tokens=20)))
        (told,) = await made.views.all()
        assert (told.used_tokens, told.remaining_budget_usd) == (30, 0.00012)
        made.clock.time += 1
        (await made.admitted()).settle(record(Usage(output_tokens=120)))
        assert (await made.refused()).kind is FailureKind.BUDGET_SPENT
    async with desk(tmp_path / "day", granted(budgets=(tokens(10, Period.DAY),))) as made:
        failure = await made.refused()
        assert failure.retry_after_seconds == (period_end(Period.DAY, NOW) or 0) - NOW


async def test_s_11_fifty_at_once_have_money_for_five(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(5 * 110),), limits=Limits(concurrency=50))) as made:
        outcomes = await asyncio.gather(*(made.admit() for _ in range(50)))
        assert sum(not isinstance(outcome, Failure) for outcome in outcomes) == 5
        for outcome in outcomes:
            if not isinstance(outcome, Failure):
                outcome.settle(record(Usage(output_tokens=100)))
        (told,) = await made.views.all()
        assert (told.used_cost_usd, told.request_count, told.budgets[0].reserved) == (0.0005, 5, 0)
        assert isinstance(await made.admit(), Failure)  # 50 are left, and a request may cost more


async def test_s_12_a_price_that_nobody_knows_is_no_price_of_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(1_000_000),))) as made:
        failure = await made.refused(model="stranger")
        assert (failure.kind, failure.code) == (FailureKind.NOT_PERMITTED, "price_unknown")
    async with desk(tmp_path / "flat", granted(budgets=(usd(1_000_000),)), flat_usd=10.0) as made:
        leave = await made.admitted(model="stranger")
        leave.settle(record(Usage(output_tokens=5), model_used="stranger"))
        (told,) = await made.views.all()
        assert (told.used_cost_usd, told.unpriced_count) == (0.00005, 0)
    async with desk(tmp_path / "tokens", granted(budgets=(tokens(1_000),))) as made:
        (await made.admitted(model="stranger")).settle(record(Usage(output_tokens=5), model_used="stranger"))
        (told,) = await made.views.all()
        assert (told.used_cost_usd, told.unpriced_count) == (0.0, 1)


async def test_while_the_store_cannot_be_asked_budgets_refuse_and_give_back_the_slot(tmp_path: Path) -> None:
    budgeted = granted("ck_b", "another secret of a key", budgets=(usd(9_000),), limits=Limits(concurrency=1))
    async with desk(tmp_path, granted(), budgeted) as made:
        made.store.broken = True
        for _ in range(2):
            failure = await made.refused(key_id="ck_b")
            assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUSY, 5.0)
        await made.admitted()
        made.store.broken = False
        await made.admitted(key_id="ck_b")


async def test_a_client_that_leaves_before_it_is_admitted_gives_back_its_slot(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(budgets=(usd(9_000),), limits=Limits(concurrency=1))) as made:
        async with asyncio.TaskGroup() as tasks:
            leaving = tasks.create_task(made.admit())
            await asyncio.sleep(0)
            leaving.cancel()
        assert leaving.cancelled()
        await made.admitted()
