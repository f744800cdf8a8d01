"""The cost of what an exchange used, by what the table says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.usage import MOST_TOKENS, ImageUsage, Usage
from codex_proxy.usage.prices.reading import parse_prices
from codex_proxy.usage.prices.table import USD_PLACES, PriceTable

TABLE = parse_prices({
    "as_of": "2026-11-26",
    "image_tool": "acme-image",
    "models": {
        "acme-1": {"input": 2, "cached_input": 0.2, "cache_write": 2.5, "output": 10},
        "acme-1-mini": {"input": 1, "output": 4, "tiers": {"priority": 2, "flex": 0.5}},
        "acme-long": {
            "input": 1,
            "output": 4,
            "long_context": {"above_tokens": 1000, "input_factor": 2, "output_factor": 1.5},
        },
        "acme-image": {"input": 5, "cached_input": 1.25, "image_input": 8, "output": 30},
        "free-*": {"input": 0, "output": 0},
        "shop/acme-1": {"input": 3, "output": 20},
    },
})  # fmt: skip
MILLION = 1_000_000


def usd(text: str) -> Decimal:
    return Decimal(text).quantize(USD_PLACES)


def test_each_kind_of_token_has_its_price() -> None:
    usage = Usage(
        input_tokens=10 * MILLION,
        cached_tokens=3 * MILLION,
        cache_write_tokens=2 * MILLION,
        output_tokens=MILLION,
        reasoning_tokens=MILLION // 2,
    )
    assert TABLE.cost("acme-1", usage) == usd("25.6")  # 5 * 2 + 3 * 0.2 + 2 * 2.5 + 1 * 10


def test_what_is_not_told_apart_costs_as_input() -> None:
    usage = Usage(input_tokens=MILLION, cached_tokens=MILLION // 2, cache_write_tokens=MILLION // 4)
    assert TABLE.cost("acme-1-mini", usage) == usd("1")


def test_one_token_is_not_rounded_away() -> None:
    assert TABLE.cost("acme-1", Usage(input_tokens=1, cached_tokens=1)) == Decimal("0.0000002")


@pytest.mark.parametrize("model", ["other", "acme", "acme-1-pro", "acme-1-5", "", "acme-1-medium-pro"])
def test_s_12_a_model_without_a_price_costs_nobody_knows_what(model: str) -> None:
    assert TABLE.cost(model, Usage(input_tokens=5)) is None
    assert TABLE.cost(model, Usage()) is None


@pytest.mark.parametrize(
    "model",
    [
        "ACME-1",
        "acme-1-2026-03-05",
        "acme-1-20260305",
        "acme-1-0305",
        "acme-1-001",
        "acme-1-latest",
        "acme-1-preview",
        "acme-1-preview-05-20",
        "acme-1-high",
        "acme-1-xhigh-fast",
        "acme-1-2026-03-05-low-flex",
    ],
)
def test_a_release_and_words_for_effort_or_tier_do_not_change_the_family(model: str) -> None:
    assert TABLE.cost(model, Usage(input_tokens=MILLION)) == usd("2")


def test_a_beginning_stands_for_many_ids() -> None:
    assert TABLE.cost("free-and-small", Usage(input_tokens=MILLION, output_tokens=MILLION)) == usd("0")
    assert TABLE.cost("free", Usage(input_tokens=MILLION)) is None


def test_a_price_of_one_vendor_holds_there_only() -> None:
    usage = Usage(input_tokens=MILLION)
    assert TABLE.cost("acme-1", usage, vendor="shop") == usd("3")
    assert TABLE.cost("acme-1", usage, vendor="market") == usd("2")


@pytest.mark.parametrize(
    ("tier", "cost"), [("priority", "2"), ("flex", "0.5"), ("default", "1"), ("unheard", "1"), (None, "1")]
)
def test_a_service_tier_is_a_factor(tier: str | None, cost: str) -> None:
    assert TABLE.cost("acme-1-mini", Usage(input_tokens=MILLION), service_tier=tier) == usd(cost)


def test_a_long_prompt_costs_more_as_a_whole() -> None:
    assert TABLE.cost("acme-long", Usage(input_tokens=1000, output_tokens=1000)) == usd("0.005")
    assert TABLE.cost("acme-long", Usage(input_tokens=1001, output_tokens=1000)) == usd("0.008002")


def test_s_12_pictures_cost_by_the_tool_that_made_them() -> None:
    image = ImageUsage(input_tokens=3 * MILLION, text_input_tokens=MILLION, output_tokens=MILLION)
    assert TABLE.cost("acme-1", Usage(image=image)) == usd("51")  # 1 * 5 + 2 * 8 + 1 * 30


def test_pictures_of_a_tool_without_a_price_make_the_whole_unknown() -> None:
    table = PriceTable(TABLE.prices, as_of=TABLE.as_of)
    assert table.cost("acme-1", Usage(image=ImageUsage(output_tokens=1))) is None
    assert table.cost("acme-1", Usage(input_tokens=MILLION)) == usd("2")


COUNTS = st.integers(min_value=-5, max_value=10**12)


@given(COUNTS, COUNTS, st.none() | COUNTS, COUNTS)
def test_whatever_an_upstream_counts_costs_something_that_can_be_added_up(
    read: int, cached: int, written: int | None, out: int
) -> None:
    cost = TABLE.cost(
        "acme-1", Usage(input_tokens=read, cached_tokens=cached, cache_write_tokens=written, output_tokens=out)
    )
    assert cost is not None
    assert 0 <= cost <= (MOST_TOKENS * Decimal("2.5") + MOST_TOKENS * Decimal(10)) / MILLION
    assert cost == cost.quantize(USD_PLACES)


def test_ids_that_clients_think_of_are_not_all_remembered() -> None:
    table = parse_prices({"as_of": "2026-11-26", "models": {"a": {"input": 1, "output": 1}}})
    for number in range(3000):
        table.price_of(f"made-up-{number}")
    assert len(table._remembered) <= 1000
