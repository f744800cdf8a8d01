"""The usage command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codex_proxy.cli.asking import Gateway, GatewayRefused, InnerPlane
from codex_proxy.cli.usage.commands import By, forget_usage, show_usage, usage
from codex_proxy.operations.transfer.times import iso
from tests.cli.gatehouse import Seen
from tests.server.admin.usage_stats.scene import UsagePlane
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, dollars, event


async def shown(*, hours: str = "all", by: By = By.MODEL, as_json: bool = False) -> str:
    store, seen = MemoryUsageStore(), Seen()
    await store.keep([
        event("a", HOUR_AT, model="m1", cost=dollars("0.25"), input_tokens=5),
        event("b", HOUR_AT + 11 * 3600, model="m2", client_key_id="other"),
    ])  # fmt: skip
    gateway = Gateway(InnerPlane(UsagePlane(store).application), token="boss")  # type: ignore[arg-type]
    assert await show_usage(gateway, seen.console, hours=hours, by=by, as_json=as_json)
    return seen.text


async def test_usage_by_model() -> None:
    lines = [line.split() for line in (await shown()).splitlines()]
    assert lines[1][:4] == ["m1", "1", "0", "5"]
    assert [line[0] for line in lines[:4]] == ["model", "m1", "m2", "all"]


async def test_usage_of_some_hours_by_key() -> None:
    lines = [line.split() for line in (await shown(hours="2", by=By.KEY)).splitlines()]
    assert [line[0] for line in lines[:3]] == ["key", "other", "all"]


async def test_as_json() -> None:
    assert json.loads(await shown(as_json=True))["total_estimated_cost_usd"] == 0.25


async def test_a_period_is_forgotten_and_the_count_told() -> None:
    store, seen = MemoryUsageStore(), Seen()
    await store.keep([event("a", HOUR_AT), event("b", HOUR_AT + 60), event("c", HOUR_AT + 7200)])
    gateway = Gateway(InnerPlane(UsagePlane(store).application), token="boss")  # type: ignore[arg-type]
    begin, end = (iso(HOUR_AT + offset) for offset in (0, 3600))
    assert await forget_usage(gateway, seen.console, begins_at=begin, ends_at=end)
    assert "".join(seen.text.splitlines()) == f"2 requests from {begin} to {end} forgotten"
    assert await forget_usage(gateway, seen.console, begins_at=begin, ends_at=end)
    assert seen.text.splitlines()[-1].startswith("0 requests")
    with pytest.raises(GatewayRefused, match="from is no time"):
        await forget_usage(gateway, seen.console, begins_at="yesterday", ends_at=end)


def test_forgetting_is_asked_about_and_its_options_stand_behind_it() -> None:
    period = ["--from", "2026-11-01T00:00:00Z", "--to", "2026-11-02T00:00:00Z"]
    asked = CliRunner().invoke(usage, ["forget", *period], input="n\n")
    assert (asked.exit_code, "Forget for good what was used from 2026-11-01T00:00:00Z" in asked.output) == (1, True)
    before = CliRunner().invoke(usage, ["--days", "7", "forget", *period, "--yes"])
    assert before.exit_code == 2
    assert "options stand behind the command" in before.output


def test_the_command_asks_whatever_gateway_there_is(tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    command = [sys.executable, "-m", "codex_proxy", "usage", "--days", "7", "--csv", str(file)]
    ran = subprocess.run(
        [*command, "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert ran.returncode == 0, ran.stderr
    assert file.read_text().startswith("timestamp,request_id,")
    assert len(file.read_text().splitlines()) == 1


def test_the_command_forgets_without_a_gateway_too(tmp_path: Path) -> None:
    period = ["--from", "2026-11-01T00:00:00Z", "--to", "2026-11-02T00:00:00Z"]
    command = [sys.executable, "-m", "codex_proxy", "usage", "forget", *period, "--yes", "--data-dir", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("0 requests from 2026-11-01T00:00:00.000Z to 2026-11-02T00:00:00.000Z")
