"""Accounts taken in while streams flow; ``scripts.imports.check`` does it with as many as one likes, and measures."""

import pytest

from scripts.imports.check import Findings, Wanted, check, main
from scripts.imports.clients import Health, Streams


@pytest.mark.timeout(300)  # four programs that start one after the other, on a machine that may do other things
async def test_a_17_an_import_goes_on_while_streams_flow_and_health_answers() -> None:
    wanted = Wanted(accounts=200, exchanged=30, exchange_ms=50, streams=4, words=50, calm_seconds=0.0, asked=250)
    found = await check(wanted)
    assert found.faults == []
    assert found.states == {"active": 203}
    assert found.served == 203
    assert found.step_count >= 3
    assert found.steps[-1][1] == 200
    assert found.health_between > 0
    assert found.busy.whole >= 4
    assert "added 200, updated 0, skipped 0, failed 0" in found.shown


def seen() -> Findings:
    found = Findings(calm=Streams(whole=1, gap_seconds=[0.02, 0.05]), health=Health(answered_at=[1.5], seconds=[0.004]))
    found.busy = Streams(whole=2, gap_seconds=[0.02] * 98 + [0.03, 0.2])
    found.steps, found.seconds, found.states, found.served = [(1.0, 0), (2.0, 50), (3.0, 100)], 4.0, {"active": 103}, 99
    return found


def test_what_was_seen_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    async def calm(wanted: Wanted) -> Findings:
        assert (wanted.accounts, wanted.streams) == (100, 3)
        return seen()

    assert main(["--accounts", "100", "--streams", "3"], work=calm) == 0
    assert capsys.readouterr().out.splitlines() == [
        "accounts 100 in 2.0 s, 50 per second (the whole command 4.0 s); values of the bar 3",
        "streams without the import: whole 1, gaps 2, largest 50 ms, 99 % within 50 ms, longer than 100 ms 0",
        "streams with it: whole 2, gaps 100, largest 200 ms, 99 % within 200 ms, longer than 100 ms 1",
        "/health: asked 1 times, 1 of them while the bar moved, slowest answer 4 ms",
        "accounts afterwards {'active': 103}, requests answered by 99 different ones",
    ]


def test_what_is_wrong_is_written_and_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(wanted: Wanted) -> Findings:
        return Findings(faults=["a stream broke off: data"])

    assert main([], work=broken) == 1
    assert "FAULT a stream broke off: data" in capsys.readouterr().out


def test_the_bar_is_read_through_what_moves_it() -> None:
    found = Findings()
    for text in (
        "importing \x1b[38;5;237m━━━━\x1b[0m \x1b[32m  0/20\x1b[0m",
        "\r\x1b[2Kimporting ━━  0/20",
        " 10/20 20/20",
    ):
        found.show(text)
    assert [value for _, value in found.steps] == [0, 10, 20]
    assert found.step_count == 3
    assert found.import_seconds >= 0
    assert found.health_between == 0
