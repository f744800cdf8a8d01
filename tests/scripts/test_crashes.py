"""A gateway that is killed at random moments, a few times; ``scripts.crashes.check`` does it as often as one likes."""

import pytest

from scripts.crashes.check import Findings, check, main


async def test_a_02_nothing_is_lost_and_nothing_sent_twice_by_one_process_however_it_ends() -> None:
    found = await check(rounds=4, accounts=6, seed=7)
    assert found.faults == []
    assert len(found.kills) == 5, "the last one is no accident"
    assert found.alive + found.deaths.total() >= len(found.kept)


def test_what_is_wrong_is_written_and_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    async def lossy(**_: object) -> Findings:
        return Findings(kept={"one"}, kills=[1.0], faults=["account one was kept and is lost"])

    assert main(["--rounds", "1"], work=lossy) == 1
    assert "FAULT account one was kept and is lost" in capsys.readouterr().out
