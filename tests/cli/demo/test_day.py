"""The demo of a day."""

from typing import Any

import pytest

from codex_proxy.cli.demo import day
from codex_proxy.cli.demo.day import Moment, went_wrong


async def test_the_day_goes_as_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    await day.run()
    out = capsys.readouterr().out
    assert all(f"{words} " in out for words in ("account-1", "account-2", "75 %", "100 %", "rate_limited"))


def moment(answered_by: str, first: str = "active", status: int = 200) -> Moment:
    accounts: list[dict[str, Any]] = [{"status": first}, {"status": "active"}]
    return Moment(at_seconds=0, status=status, answered_by=answered_by, accounts=accounts)


SERVED, RESTS, OTHER = moment("account-1"), moment("account-1", "limited"), moment("account-2", "limited")


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([SERVED, RESTS, OTHER, SERVED], None),
        ([SERVED, moment("", status=429)], "answered with 429"),
        ([SERVED, SERVED], "did not run out"),
        ([SERVED, RESTS, RESTS], "asked while it rested"),
        ([SERVED, RESTS, OTHER], "did not come back"),
    ],
)
def test_a_day_that_goes_otherwise_is_told(moments: list[Moment], words: str | None) -> None:
    told = went_wrong(moments)
    assert told is None if words is None else words in str(told)
