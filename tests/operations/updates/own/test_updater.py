"""Looking for updates, installing them, and the way back."""

import pytest

from codex_proxy.operations.updates.own.updater import (
    NO_INDEX_HINT,
    NOT_APPLIED_HINT,
    OFF_HINT,
    UNDER_WAY,
    Former,
    NotUpdated,
    UpdateMode,
)
from tests.gateway.scene import NOW
from tests.operations.updates.own.world import INDEX, OneLock, World

WELL = [(step, status) for step in ("verify", "install", "check") for status in ("running", "done")]


async def test_u_10_where_updates_are_off_nobody_is_asked_and_nothing_done() -> None:
    world = World("0.2.0", mode=UpdateMode.OFF)
    assert await world.updater.look()
    assert (await world.updater.check()).error == OFF_HINT
    with pytest.raises(NotUpdated, match="off"):
        await world.update()
    assert (world.asked, world.ran) == ([], [])


async def test_a_newer_version_is_told_and_nothing_else_is() -> None:
    world = World("0.1.0", "0.2.0", mode=UpdateMode.NOTIFY)
    assert await world.updater.look()
    assert world.asked == [f"{INDEX}/codex-proxy/"]
    report = world.updater.report
    assert (report.current, report.latest, report.checked_at, report.error) == ("0.1.0", "0.2.0", NOW, None)
    assert world.updater.obstacle() == NOT_APPLIED_HINT
    with pytest.raises(NotUpdated, match="not allowed"):
        await world.update()


async def test_an_index_that_tells_nothing_is_an_error_and_no_version() -> None:
    world = World()
    world.body = b"<html>"
    assert not await world.updater.look()
    assert "JSON" in (world.updater.report.error or "")
    world.body = None
    assert not await world.updater.look()
    with pytest.raises(NotUpdated, match="answered 500"):
        await world.update()
    unnamed = World("0.2.0", index_url=None)
    assert await unnamed.updater.look()
    assert (await unnamed.updater.check()).error == unnamed.updater.obstacle() == NO_INDEX_HINT
    assert unnamed.asked == []


async def test_an_update_is_verified_installed_and_started_and_the_former_version_kept() -> None:
    world = World("0.2.0")
    assert await world.update() == [*WELL, ("keep", "done")]
    assert world.ran[2] == ("/tool/bin/python", "-m", "codex_proxy", "version")
    assert world.kept == Former(version="0.1.0", replaced_by="0.2.0", replaced_at=NOW)
    assert not world.updater.in_progress


async def test_u_13_what_is_not_newer_is_never_installed() -> None:
    world = World("0.0.9", "0.1.0")
    with pytest.raises(NotUpdated, match="newest version"):
        await world.update()
    assert world.ran == []


async def test_the_way_back_leads_to_what_the_update_replaced_and_nowhere_else() -> None:
    world = World("0.0.9", "0.1.0", "0.2.0")
    with pytest.raises(NotUpdated, match="no update is known"):
        await world.update(back=True)
    world.kept = Former(version="0.0.8", replaced_by="0.0.9", replaced_at=1.0)
    with pytest.raises(NotUpdated, match="no update is known"):
        await world.update(back=True)
    world.kept = Former(version="0.0.9", replaced_by="0.1.0", replaced_at=1.0)
    assert world.updater.former() == world.kept
    assert await world.update(back=True) == [*WELL, ("keep", "done")]
    assert "codex-proxy==0.0.9" in world.ran[1]
    assert world.kept is None


async def test_a_version_that_is_gone_cannot_be_gone_back_to() -> None:
    world = World("0.1.0")
    world.kept = Former(version="0.0.9", replaced_by="0.1.0", replaced_at=1.0)
    with pytest.raises(NotUpdated, match="the index has no"):
        await world.update(back=True)


async def test_what_does_not_install_is_undone() -> None:
    world = World("0.1.0", "0.2.0")
    world.failing = ("codex-proxy==0.2.0",)
    steps = await world.update()
    assert steps[-2:] == [("install", "failed"), ("back", "done")]
    assert "codex-proxy==0.1.0" in world.ran[-2]
    assert world.kept is None


async def test_what_does_not_start_is_undone() -> None:
    world = World("0.1.0", "0.2.0")
    world.starts = "0.1.0"
    assert (await world.update())[-2:] == [("check", "failed"), ("back", "done")]


async def test_where_even_that_fails_the_owner_is_told() -> None:
    world = World("0.2.0")
    world.failing = ("--require-hashes",)
    steps = [step async for step in await world.updater.begin()]
    assert [(step.step, step.status) for step in steps[-2:]] == [("verify", "failed"), ("back", "failed")]
    assert (steps[-2].detail, steps[-1].detail) == ("no room left", "the index has no 0.1.0; install it yourself")


async def test_one_update_at_a_time() -> None:
    world = World("0.2.0")
    steps = await world.updater.begin()
    await anext(steps)
    assert world.updater.in_progress
    with pytest.raises(NotUpdated, match="under way"):
        await world.updater.begin()
    assert [step.step async for step in steps][-1] == "keep"


async def test_of_two_that_began_at_once_one_is_installed() -> None:
    world = World("0.2.0")
    first, second = await world.updater.begin(), await world.updater.begin()
    await anext(first)
    assert [(step.status, step.detail) async for step in second] == [("failed", UNDER_WAY)]
    assert [step.step async for step in first][-1] == "keep"
    assert len([command for command in world.ran if "--require-hashes" in command]) == 1


async def test_a_way_back_that_cannot_be_kept_is_said() -> None:
    world = World("0.2.0")
    world.is_shut = True
    assert (await world.update())[-1] == ("keep", "failed")
    with pytest.raises(NotUpdated, match="read"):
        world.updater.former()


async def test_in_a_container_it_is_only_told() -> None:
    world = World("0.2.0", in_container=True)
    assert (await world.updater.check()).latest == "0.2.0"
    with pytest.raises(NotUpdated, match="image"):
        await world.update()
    assert world.ran == []


async def test_of_two_processes_one_installs() -> None:
    lock = OneLock()
    first, second = World("0.2.0", lock=lock), World("0.2.0", lock=lock)
    steps = await first.updater.begin()
    await anext(steps)
    assert [(step.status, step.detail) async for step in await second.updater.begin()] == [("failed", UNDER_WAY)]
    assert second.ran == []
    assert lock.is_taken
    assert [step.step async for step in steps][-1] == "keep"
    assert await second.update() == [*WELL, ("keep", "done")]
    assert not lock.is_taken


async def test_where_nobody_can_be_kept_away_nothing_is_installed() -> None:
    lock = OneLock()
    lock.trouble = "the folder cannot be written"
    world = World("0.2.0", lock=lock)
    assert [step.detail async for step in await world.updater.begin()] == [lock.trouble]
    assert world.ran == []
