"""Prices follow the owner's file."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.usage.followed import FollowedPrices
from codex_proxy.bootstrap.usage.prices import OWNERS_FILE, packaged_prices
from codex_proxy.canonical.usage import Usage

MILLION = Usage(input_tokens=1_000_000)


def told(followed: FollowedPrices) -> tuple[str, str, str]:
    """The price of a million tokens, the day, and what is wrong."""
    return str(followed.cost("m", MILLION)), followed.as_of, followed.trouble or ""


async def test_a_file_that_comes_changes_breaks_is_mended_and_goes(tmp_path: Path) -> None:
    heard: list[str] = []
    file = tmp_path / OWNERS_FILE
    followed = FollowedPrices(tmp_path, complain=lambda where, error: heard.append(f"{where}: {error}"))
    packaged = ("None", packaged_prices().as_of, "")
    assert told(followed) == packaged
    file.write_text("as_of: 2027-01-01\nmodels: {m: {input: 1, output: 1}}")
    assert told(followed) == packaged, "nobody looked yet"
    assert await followed.look()
    assert told(followed) == ("1.000000000", "2027-01-01", "")
    file.write_text("as_of: 2027-01-02\nmodels: {m: {input: -1, output: 1}}")
    assert await followed.look()
    assert await followed.look()
    assert told(followed)[:2] == ("1.000000000", "2027-01-01")
    assert "models.m.input" in told(followed)[2]
    assert len(heard) == 1, "once for each change"
    file.write_text("as_of: 2027-01-03\nmodels: {m: {input: 2.50, output: 1}}")
    assert await followed.look()
    assert told(followed) == ("2.500000000", "2027-01-03", "")
    file.unlink()
    assert await followed.look()
    assert told(followed) == packaged


def test_a_file_that_cannot_be_used_at_the_start_is_a_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / OWNERS_FILE).write_text("models: {m: {input: -1, output: 1}}")
    with pytest.raises(StartRefused):
        FollowedPrices(tmp_path, complain=lambda where, error: None)
