"""What requests may cost, and what they are charged."""

from typing import Any

import pytest
from msgspec.structs import replace

from codex_proxy.access.granted.budgets import Amount
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Sampling
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.gateway.ports import AttemptRecord
from codex_proxy.operations.granted.estimates import (
    FORM_TOKENS,
    OWN_TOKENS,
    PICTURE_TOKENS,
    Prices,
    amount_of,
    expected_usage,
    spending_of,
)
from tests.access.granted.samples import NOW
from tests.operations.granted.stage import OneDollar, record, wish

FAILED = Failure(kind=FailureKind.UPSTREAM_ERROR, message="no")
EXPECTED = Usage(input_tokens=40, output_tokens=60)


def output_tokens(*, heeds_limit: bool = True, pictures_only: bool = False, **sampling: Any) -> int:
    asked = wish(heeds_limit=heeds_limit)
    assert asked.request is not None
    request = replace(asked.request, sampling=Sampling(**sampling), pictures_only=pictures_only)
    return expected_usage(replace(asked, request=request), default_output_tokens=100).output_tokens


def test_an_answer_is_expected_to_be_as_long_as_was_asked_where_that_is_heeded() -> None:
    assert output_tokens() == 100
    assert output_tokens(max_tokens=7) == 7
    assert output_tokens(max_tokens=7, choice_count=3) == 21
    assert output_tokens(max_tokens=7, heeds_limit=False) == 100
    assert output_tokens(max_tokens=700, heeds_limit=False) == 700
    assert output_tokens(pictures_only=True) == PICTURE_TOKENS


def test_a_prompt_is_sized_by_what_is_in_it() -> None:
    short = expected_usage(wish(), default_output_tokens=1).input_tokens
    assert 0 < short < 20
    assert expected_usage(wish(heeds_limit=False), default_output_tokens=1).input_tokens == short + OWN_TOKENS
    raw = wish(request=None, size_bytes=3_600)
    assert expected_usage(raw, default_output_tokens=1) == Usage(input_tokens=1_000, estimated=True)
    form = replace(raw, is_form=True, size_bytes=1_600_000)
    assert expected_usage(form, default_output_tokens=1).input_tokens == FORM_TOKENS + 1_000


@pytest.mark.parametrize(
    ("usage", "members", "charged"),
    [
        (Usage(input_tokens=5, output_tokens=6), {}, (5, 6, 11)),
        (Usage(input_tokens=5, image=ImageUsage(input_tokens=1, output_tokens=2)), {}, (6, 2, 5)),
        (Usage(input_tokens=1, output_tokens=2, estimated=True), {"aborted": True}, (1, 2, 3)),  # a client that left
        (None, {}, (40, 60, 100)),  # an answer that nobody counted
        (None, {"failure": FAILED}, (40, 60, 100)),  # one that broke off
        (None, {"failure": FAILED, "first_content_seconds": None}, (0, 0, 0)),
    ],
)
def test_s_12_no_kind_of_answer_is_free(
    usage: Usage | None, members: dict[str, Any], charged: tuple[int, int, int]
) -> None:
    spending = spending_of(
        record(usage, **members),
        reservation_id="r",
        expected=EXPECTED,
        reserved=Amount(tokens=100, micro_usd=100),
        prices=Prices(OneDollar()),
        now=NOW,
    )
    assert (spending.input_tokens, spending.output_tokens, spending.micro_usd) == charged
    assert (spending.failed, spending.counts, spending.reservation_id) == ("failure" in members, True, "r")


def test_s_12_a_model_without_a_price_costs_what_was_held_back_for_it_and_else_is_told() -> None:
    def micro_usd(reserved: int, flat_usd: float | None = None) -> int | None:
        return spending_of(
            record(Usage(input_tokens=10), model_used="stranger"),
            reservation_id=None,
            expected=EXPECTED,
            reserved=Amount(micro_usd=reserved),
            prices=Prices(OneDollar(), flat_usd=lambda: flat_usd),
            now=NOW,
        ).micro_usd

    assert (micro_usd(0), micro_usd(77), micro_usd(0, flat_usd=2.5)) == (None, 77, 25)


def test_a_price_is_that_of_who_served_and_rounded_up() -> None:
    asked: list[tuple[str, str | None, str | None]] = []

    class Noting(OneDollar):
        def cost(self, model: str, usage: Usage, **where: Any) -> Any:
            asked.append((model, where["vendor"], where["service_tier"]))
            return super().cost(model, usage, **where) / 3  # type: ignore[operator]

    prices = Prices(Noting())
    attempts = (AttemptRecord(account_row_id="a"), AttemptRecord(account_row_id="b", vendor="acme"))
    served = record(attempts=attempts, service_tier="flex")
    assert prices.of_record(served, Usage(input_tokens=10)) == 4
    assert prices.of_wish(wish(vendor="acme"), Usage(input_tokens=3)) == 1
    assert asked == [("gpt-5.4", "acme", "flex"), ("gpt-5.4", "acme", None)]
    assert amount_of(EXPECTED, None) == Amount(tokens=100)
