"""The port of prices."""

from collections.abc import Callable

import pytest

from codex_proxy.access.pricing import Pricing
from codex_proxy.bootstrap.usage.prices import packaged_prices
from codex_proxy.canonical.usage import Usage


@pytest.mark.parametrize("make", [packaged_prices])
def test_the_packaged_prices_are_prices(make: Callable[[], Pricing]) -> None:
    prices = make()
    cost = prices.cost("gpt-5.4", Usage(input_tokens=1_000_000))
    assert cost is not None
    assert cost > 0
    assert prices.cost("nobodys-model", Usage(input_tokens=1)) is None
