"""The gateway that runs exchanges."""

from pathlib import Path

from tests.scenarios.stage import stage


async def test_names_are_resolved_with_what_was_fetched_last(tmp_path: Path) -> None:
    scenario = "accounts: [{id: account-1, models: [gpt-new]}, {id: account-2, models: [gpt-new]}]"
    async with stage(tmp_path, scenario, MODEL__ALIASES='{"mine": "gpt-new"}') as play:
        await play.models_fetched()
        assert (await play.chat(model="mine")).status_code == 200
        assert (await play.chat(model="gpt-5.5")).status_code == 404
        (asked,) = await play.asked()
    assert asked["body"]["model"] == "gpt-new"
