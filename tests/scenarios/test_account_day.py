"""A day of two accounts, in seconds: one runs out, the other carries on, the window resets, both serve again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, stage

DAY = """
accounts:
  - id: account-1
    plan: plus
    primary: {seconds: 3600, used_percent: 0, per_request_percent: 50, resets_in_seconds: %s}
  - {id: account-2, plan: pro}
"""


async def callers(play: Stage) -> list[str]:
    return [entry["account"] for entry in await play.asked()]


async def ask(play: Stage, count: int) -> list[int]:
    return [(await play.chat(f"question {number}")).status_code for number in range(count)]


async def rests(play: Stage) -> bool:
    """Use up the first account and go on with the other; whether its window had not reset by then."""
    begun = await ask(play, 4)
    first = await callers(play)
    carried_on = await ask(play, 4)
    then = (await callers(play))[4:]
    states = await play.states()
    if states == {"active": 2}:
        return False
    assert (begun, carried_on) == ([200] * 4, [200] * 4)
    assert sorted(first) == ["account-1", "account-1", "account-2", "account-2"]
    assert then == ["account-2"] * 4
    assert states == {"limited": 1, "active": 1}
    return True


async def comes_back(play: Stage) -> None:
    """Go on until the first account is asked again."""
    async with asyncio.timeout(45):
        while (await callers(play))[-1] != "account-1":
            assert await ask(play, 1) == [200]
    assert await play.states() == {"active": 2}


async def test_an_account_that_runs_out_rests_and_comes_back_when_its_window_resets(tmp_path: Path) -> None:
    for seconds in (6, 12, 24):  # longer where the machine is too busy to ask that often before the reset
        async with stage(tmp_path / str(seconds), DAY % seconds) as play:
            if await rests(play):
                return await comes_back(play)
    pytest.fail("the window reset before it could be used up")


async def test_a_refusal_that_comes_before_the_counters_tell_is_hidden_from_the_client(tmp_path: Path) -> None:
    full = (DAY % 600).replace("used_percent: 0", "used_percent: 100")
    async with stage(tmp_path, full) as play:
        assert await ask(play, 3) == [200] * 3
        assert (await callers(play)).count("account-1") <= 1
        assert await play.states() == {"limited": 1, "active": 1}


async def test_q_18_where_both_run_out_the_client_hears_when_the_first_comes_back(tmp_path: Path) -> None:
    both = DAY.replace("  - {id: account-2, plan: pro}", "").strip() % 600
    second: dict[str, Any] = {"id": "account-2"}
    scenario = f"{both}\n" + both.partition("accounts:\n")[2].replace("account-1", second["id"])
    async with stage(tmp_path, scenario.replace("used_percent: 0", "used_percent: 100")) as play:
        reply = await play.chat()
        assert reply.status_code == 429
        assert 500 <= int(reply.headers["retry-after"]) <= 601  # rounded up
        assert len(await callers(play)) <= 2
        assert (await play.chat()).status_code == 429
        assert len(await callers(play)) <= 2


@pytest.mark.parametrize("path", ["/backend-api/wham/usage", "/api/codex/usage", "/backend-api/codex/usage"])
async def test_q_23_a_client_that_asks_for_its_usage_hears_of_the_room_there_is(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path, DAY % 600) as play:
        await ask(play, 2)
        told = (await play.client.get(path)).json()
        assert (await play.client.get(path, headers={"authorization": "Bearer wrong"})).status_code == 401
    assert told["rate_limit"]["allowed"] is True
    assert told["rate_limit"]["primary_window"]["limit_window_seconds"] == 18_000


async def test_q_09_a_models_own_limit_leaves_the_others_alone_whatever_the_owner_calls_it(tmp_path: Path) -> None:
    spark = """
accounts:
  - id: account-1
    buckets: {codex_special: {name: Special, models: [gpt-5.5], primary: {seconds: 3600, used_percent: 100}}}
"""
    async with stage(tmp_path, spark, QUOTA__MODEL_BUCKETS='{"5.5": "codex_special"}') as play:
        assert (await play.chat(model="gpt-5.5")).status_code == 200
        assert (await play.chat(model="gpt-5.5")).status_code == 200
        assert await play.states() == {"active": 2}
        callers_of_others = [(await play.chat(text, model="gpt-5.4")).status_code for text in "ab"]
        assert callers_of_others == [200, 200]
        callers_now = await callers(play)
    assert callers_now[-2:] in (["account-1", "account-2"], ["account-2", "account-1"])
