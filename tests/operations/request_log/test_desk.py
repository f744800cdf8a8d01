"""The owner's desk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.operations.request_log.desk import DeskParts, LogDesk, NoSuchEntry, StateChange
from codex_proxy.operations.request_log.state import Level, LogPolicy, LogSwitch
from codex_proxy.operations.request_log.store import LogUnusable, Retention, Wanted
from codex_proxy.operations.request_log.tail import Tail
from codex_proxy.operations.settings.parts import SettingsNotKept
from tests.gateway.scene import FakeClock
from tests.operations.request_log.samples import failed, items
from tests.storage.request_log.keeping import Log


class Keeper:
    """Implements ``SettingsKeeper``."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.is_broken = False

    async def keep(self, values: Mapping[str, Any]) -> None:
        if self.is_broken:
            raise SettingsNotKept("no room")
        self.kept |= values


class Scene:
    def __init__(self, folder: Path) -> None:
        self.log, self.keeper = Log(folder), Keeper()
        self.switch = LogSwitch(LogPolicy(), now=FakeClock().now)
        self.desk = LogDesk(
            DeskParts(
                store=self.log.store,
                writer=self.log.queue,
                switch=self.switch,
                retention=Retention,
                tail=Tail(),
                keeper=self.keeper,
            )
        )


async def test_pages_follow_by_cursor(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.log.write(items(5))
    first = await scene.desk.page(Wanted(), limit=2, offset=0)
    assert ([line.id for line in first.records], first.total) == (["req_4", "req_3"], 5)
    second = await scene.desk.page(Wanted(before=first.next_cursor), limit=2, offset=0)
    third = await scene.desk.page(Wanted(before=second.next_cursor), limit=2, offset=0)
    assert [line.id for line in (*second.records, *third.records)] == ["req_2", "req_1", "req_0"]
    assert third.next_cursor is None
    scene.log.write([failed("req_new")])
    again = await scene.desk.page(Wanted(before=first.next_cursor), limit=2, offset=0)
    assert again.records == second.records


async def test_one_request_is_found_or_not(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with pytest.raises(NoSuchEntry):
        await scene.desk.record("req_1")
    scene.log.write(items(2))
    assert (await scene.desk.record("req_1")).status == 200
    await scene.desk.clear()
    with pytest.raises(NoSuchEntry):
        await scene.desk.record("req_1")


async def test_switching_is_kept_where_it_should_be(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    assert (await scene.desk.change(StateChange(level=Level.BODIES, bodies_hours=2))).bodies_until is not None
    assert scene.keeper.kept == {}
    assert (await scene.desk.change(StateChange(enabled=False))).level is Level.OFF
    assert scene.keeper.kept == {"logs.enabled": False}
    assert (await scene.desk.change(StateChange(enabled=True, paused=True))).paused
    assert scene.keeper.kept == {"logs.enabled": True}
    assert scene.switch.kept is Level.OFF
    assert (await scene.desk.change(StateChange(paused=False))).level is Level.METADATA


async def test_where_nothing_can_be_kept_nothing_changes(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.keeper.is_broken = True
    with pytest.raises(SettingsNotKept):
        await scene.desk.change(StateChange(enabled=False, paused=True))
    assert (scene.switch.level, scene.switch.is_paused) == (Level.METADATA, False)


async def test_figures_are_of_what_is_wanted(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.log.write([*items(2), failed("req_9")])
    assert (await scene.desk.figures(Wanted())).count == 3
    assert (await scene.desk.figures(Wanted(errors_only=True))).count == 1


async def test_an_unreadable_log_is_told_and_its_state_still_shown(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.log.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LogUnusable):
        await scene.desk.page(Wanted(), limit=1, offset=0)
    assert (await scene.desk.state()).size == 0
