"""The accounts' lists, put together."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

from codex_proxy.bootstrap.models.lists import custom_models
from codex_proxy.bootstrap.simulated import simulated_backend
from codex_proxy.routing.custom import CustomModel
from codex_proxy.settings.custom_models import CustomModelEntry
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.storage.catalogue.lists_file import LISTS_FILE
from tests.scenarios.stage import Stage, stage, stage_over
from tests.waiting import until


def test_entries_become_values_member_by_member() -> None:
    rich = CustomModelEntry(
        id="b",
        based_on="gpt-5.5",
        display_name="B",
        description="d",
        supported_reasoning_efforts=["low"],
        default_reasoning_effort="low",
        service_tiers=["flex"],
        input_modalities=["text"],
        output_modalities=["image"],
        context_window=1,
        max_context_window=2,
        max_output_tokens=3,
    )
    assert custom_models([CustomModelEntry(id="a"), rich]) == (
        CustomModel(id="a"),
        CustomModel(
            id="b",
            based_on="gpt-5.5",
            display_name="B",
            description="d",
            efforts=("low",),
            default_effort="low",
            service_tiers=("flex",),
            input_modalities=("text",),
            output_modalities=("image",),
            context_window=1,
            max_context_window=2,
            max_output_tokens=3,
        ),
    )


async def lists_asked(play: Stage, count: int) -> list[dict[str, Any]]:
    """The requests for a list so far, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            entries = (await play.backend.get("/__journal")).json()["entries"]
            asked = [entry for entry in entries if entry["endpoint"] == "/codex/models"]
            if len(asked) >= count:
                return asked


async def test_a_restart_starts_from_the_last_list_and_asks_for_another_one(tmp_path: Path) -> None:
    kept = tmp_path / LISTS_FILE
    async with simulated_backend(parse_scenario("")) as base_url:
        async with stage_over(base_url, tmp_path, {}) as play:
            await play.models_fetched()
            first = await lists_asked(play, 2)
            before = (await play.client.get("/v1/models")).json()
            await until(kept.exists)
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert list(json.loads(kept.read_bytes())["plans"]) == ["plus", "pro"]
        async with stage_over(base_url, tmp_path, {}) as play:
            assert (await play.client.get("/health/details")).json()["models_fetched_at"] is not None
            assert (await play.client.get("/v1/models")).json() == before
            second = await lists_asked(play, 4)
    tags = [dict(entry["headers"]).get("if-none-match") for entry in second]
    assert (len(first), tags[:2]) == (2, [None, None])
    assert all(tags[2:])


async def test_the_owners_models_are_listed_and_asked_of_the_accounts(tmp_path: Path) -> None:
    scenario = (
        "accounts: [{id: account-1, plan: plus, models: [gpt-5.4]}, {id: account-2, plan: pro, models: [gpt-5.4]}]"
    )
    entry = {"id": "mine", "based_on": "gpt-5.4", "context_window": 1000}
    async with stage(tmp_path, scenario, MODEL__CUSTOM_MODELS=json.dumps(["plain", entry])) as play:
        await play.models_fetched()
        listed = {model["id"]: model for model in (await play.client.get("/v1/models")).json()["data"]}
        await play.chat(model="mine-high")
        asked = (await play.asked())[-1]
    assert list(listed) == ["gpt-5.4", "plain", "mine"]
    assert (listed["mine"]["context_window"], listed["plain"]["supported_reasoning_efforts"]) == (1000, ["medium"])
    assert (asked["body"]["model"], asked["body"]["reasoning"]["effort"]) == ("mine", "high")
