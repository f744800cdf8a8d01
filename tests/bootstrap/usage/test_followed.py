"""Prices follow the owner's file."""

from decimal import Decimal
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.usage.followed import FollowedPrices
from codex_proxy.bootstrap.usage.prices import OWNERS_FILE, packaged_prices
from codex_proxy.canonical.usage import Usage

MILLION = Usage(input_tokens=1_000_000)


def price(followed: FollowedPrices) -> Decimal | None:
    return followed.cost("m", MILLION)


async def test_a_file_that_comes_changes_breaks_is_mended_and_goes(tmp_path: Path) -> None:
    told: list[str] = []
    file = tmp_path / OWNERS_FILE
    followed = FollowedPrices(tmp_path, complain=lambda where, error: told.append(f"{where}: {error}"))
    assert (price(followed), followed.as_of) == (None, packaged_prices().as_of)
    file.write_text("as_of: 2027-01-01\nmodels: {m: {input: 1, output: 1}}")
    assert price(followed) is None, "nobody looked yet"
    assert await followed.look()
    assert (price(followed), followed.as_of, followed.trouble) == (1, "2027-01-01", None)
    file.write_text("as_of: 2027-01-02\nmodels: {m: {input: -1, output: 1}}")
    assert await followed.look()
    assert await followed.look()
    assert (price(followed), followed.as_of) == (1, "2027-01-01")
    assert followed.trouble is not None
    assert "models.m.input" in followed.trouble
    assert len(told) == 1, "once for each change"
    file.write_text("as_of: 2027-01-03\nmodels: {m: {input: 2.50, output: 1}}")
    assert await followed.look()
    assert (price(followed), followed.as_of, followed.trouble) == (Decimal("2.5"), "2027-01-03", None)
    file.unlink()
    assert await followed.look()
    assert (price(followed), followed.as_of) == (None, packaged_prices().as_of)


def test_a_file_that_cannot_be_used_at_the_start_is_a_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / OWNERS_FILE).write_text("models: {m: {input: -1, output: 1}}")
    with pytest.raises(StartRefused):
        FollowedPrices(tmp_path, complain=lambda where, error: None)
