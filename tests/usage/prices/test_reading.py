"""Prices out of data: what may stand there, and how what may not is told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.usage import Usage
from codex_proxy.usage.prices.reading import PriceError, parse_prices

DAY = "2026-11-26"
PLAIN = {"input": 1, "output": 2}
BELOW = parse_prices({"as_of": DAY, "image_tool": "pictures", "models": {"a": PLAIN, "b": PLAIN, "pictures": PLAIN}})


def table(models: Any, **members: Any) -> Any:
    return {"as_of": DAY, "models": models} | members


def test_numbers_mean_what_is_written() -> None:
    told = parse_prices(table({"a": {"input": 0.1, "output": "0.30", "cached_input": 1}}))
    price = told.prices["a"]
    assert (price.input, price.output, price.cached_input) == (Decimal("0.1"), Decimal("0.30"), Decimal(1))


def test_the_owners_prices_lie_over_the_others() -> None:
    told = parse_prices({"models": {"A": {"input": 7, "output": 8}, "b": None, "c": PLAIN}}, below=BELOW)
    assert told.as_of == DAY
    assert set(told.prices) == {"a", "c", "pictures"}
    assert told.cost("a", Usage(input_tokens=1_000_000)) == Decimal(7)
    assert told.cost("b", Usage(input_tokens=1)) is None
    assert set(BELOW.prices) == {"a", "b", "pictures"}


@pytest.mark.parametrize("nothing", [None, {}, {"models": None}])
def test_a_file_that_says_nothing_changes_nothing(nothing: Any) -> None:
    assert parse_prices(nothing, below=BELOW).prices == BELOW.prices


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([], "prices: expected members by name"),
        ({"models": {"a": PLAIN}}, "as_of: expected a day"),
        (table({}, as_of="yesterday"), "as_of: expected a day"),
        (table({}, modells={}), "prices.modells: is none of as_of, image_tool"),
        (table([]), "models: expected members by name"),
        (table({1: PLAIN}), "models: expected members by name"),
        (table({"a": 5}), "models.a: expected members by name"),
        (table({"a": {"input": 1}}), "models.a.output: is missing"),
        (table({"a": PLAIN | {"imput": 1}}), "models.a.imput: is none of"),
        (table({"a": PLAIN | {"input": "dear"}}), "models.a.input: 'dear' is no number"),
        (table({"a": PLAIN | {"input": True}}), "models.a.input: expected a number"),
        (table({"a": PLAIN | {"input": -1}}), "models.a.input: expected a number between 0 and 100000"),
        (table({"a": PLAIN | {"input": "NaN"}}), "models.a.input: expected a number between"),
        (table({"a": PLAIN | {"output": 1e9}}), "models.a.output: expected a number between"),
        (table({"a": PLAIN | {"tiers": {"flex": None}}}), "models.a.tiers.flex: expected a number"),
        (table({"a": PLAIN | {"long_context": {}}}), "models.a.long_context.above_tokens: expected"),
        (table({"a": PLAIN | {"long_context": {"above_tokens": 5, "factor": 2}}}), "models.a.long_context.factor: is"),
        (table({"a": PLAIN}, image_tool="b"), "image_tool: 'b' is no family with a price"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_place(data: Any, told: str) -> None:
    with pytest.raises(PriceError) as raised:
        parse_prices(data)
    assert str(raised.value).startswith(told)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"as_of": JSON, "image_tool": JSON, "models": JSON | st.just({"a": PLAIN})}))
def test_any_data_is_a_table_or_a_named_fault(data: Any) -> None:
    try:
        told = parse_prices(data, below=BELOW)
    except PriceError:
        return
    assert told.as_of
