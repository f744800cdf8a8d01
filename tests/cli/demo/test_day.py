"""The demo of a day."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.cli.demo import day
from codex_proxy.cli.demo.day import SCENARIO, Moment, is_too_slow, scenario_in, went_wrong
from codex_proxy.simulator.scenario import load_scenario


async def test_the_day_goes_as_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    await day.run()
    out = capsys.readouterr().out
    assert all(f"{words} " in out for words in ("account-1", "account-2", "75 %", "100 %", "rate_limited"))


def test_a_longer_window_is_one_number_of_the_scenario(tmp_path: Path) -> None:
    assert load_scenario(scenario_in(tmp_path, 5)) == load_scenario(SCENARIO)
    longer = load_scenario(scenario_in(tmp_path, 80)).accounts[0].primary
    assert longer is not None
    assert longer.resets_in_seconds == 80


@pytest.mark.parametrize(("at_seconds", "too_slow"), [(0.5, False), (2.5, False), (2.6, True), (9.0, True)])
def test_a_machine_that_takes_half_the_window_for_the_first_questions_gets_a_longer_one(
    at_seconds: float, too_slow: bool
) -> None:
    moments = [SERVED] * 5 + [replace(SERVED, at_seconds=at_seconds)]
    assert is_too_slow(moments, 5) is too_slow


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
