"""The packaged prices, and the owner's over them."""

from decimal import Decimal
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.models.packaged import packaged_models
from codex_proxy.bootstrap.usage.prices import OWNERS_FILE, packaged_prices, price_table
from codex_proxy.canonical.usage import ImageUsage, Usage

MILLION = 1_000_000
OPEN_WEIGHTS = {"gpt-oss-120b", "gpt-oss-20b"}  # nobody sells them by one price


def test_every_model_of_the_accounts_has_a_price() -> None:
    unpriced = {model.slug for model in packaged_models() if packaged_prices().price_of(model.slug) is None}
    assert unpriced == OPEN_WEIGHTS


@pytest.mark.parametrize(
    ("model", "prices"),
    [
        ("gpt-5.1", "1.25 0.125 10"),
        ("gpt-5.3-codex", "1.75 0.175 14"),
        ("gpt-5.4", "2.5 0.25 15"),
        ("gpt-5.4-mini", "0.75 0.075 4.5"),
        ("gpt-5.5", "5 0.5 30"),
        ("gpt-5.6-luna", "0.2 0.02 1.2"),
    ],
)
def test_the_packaged_prices_are_the_published_ones(model: str, prices: str) -> None:
    price = packaged_prices().price_of(model)
    assert price is not None
    assert [price.input, price.cached_input, price.output] == [Decimal(told) for told in prices.split()]


def test_pictures_have_a_price_too() -> None:
    usage = Usage(image=ImageUsage(input_tokens=2 * MILLION, text_input_tokens=MILLION, output_tokens=MILLION))
    assert packaged_prices().cost("gpt-5.5", usage) == Decimal(43)


def test_without_a_file_of_the_owners_the_packaged_prices_hold(tmp_path: Path) -> None:
    assert price_table(tmp_path) is packaged_prices()


def test_the_owners_prices_win(tmp_path: Path) -> None:
    (tmp_path / OWNERS_FILE).write_text(
        "as_of: 2026-12-01\nmodels:\n  gpt-5.4: {input: 1, output: 2}\n  my-*: {input: 0, output: 0}\n"
    )
    table = price_table(tmp_path)
    assert table.as_of == "2026-12-01"
    assert table.cost("gpt-5.4", Usage(input_tokens=MILLION)) == 1
    assert table.cost("my-own", Usage(input_tokens=MILLION)) == 0
    assert table.cost("gpt-5.5", Usage(output_tokens=MILLION)) == 30


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"models: {a: {input: 1}}", "models.a.output: is missing"),
        (b"models:\n  a: [", "is no YAML in line"),
        (b"\xff\xfe", "it is no UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_reason_not_to_start(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / OWNERS_FILE).write_bytes(content)
    with pytest.raises(StartRefused, match=told):
        price_table(tmp_path)
