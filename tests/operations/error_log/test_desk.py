"""The owner's desk over errors."""

from pathlib import Path

import pytest

from codex_proxy.operations.error_log.desk import ErrorDesk, ErrorDeskParts, NoSuchGroup, TooManyReports
from codex_proxy.operations.error_log.pace import MOST_REPORTS
from codex_proxy.operations.error_log.store import GroupState
from tests.gateway.scene import FakeClock
from tests.operations.error_log.samples import CLEANING, report
from tests.operations.request_log.samples import BROKEN, answered, failed
from tests.storage.request_log.keeping import Log


class ErrorScene:
    def __init__(self, folder: Path, *, is_on: bool = True) -> None:
        self.log, self.clock = Log(folder), FakeClock()
        self.desk = error_desk(self.log, self.clock, is_on=is_on)


def error_desk(log: Log, clock: FakeClock, *, is_on: bool = True) -> ErrorDesk:
    return ErrorDesk(
        ErrorDeskParts(
            errors=log.errors,
            log=log.store,
            cleaning=CLEANING,
            clock=clock,
            version="1",
            platform="here",
            is_on=lambda: is_on,
        )
    )


async def test_errors_are_counted_until_somebody_looks(tmp_path: Path) -> None:
    scene = ErrorScene(tmp_path)
    scene.log.write([failed("req_1"), failed("req_2")])
    assert await scene.desk.counts() == (2, 2)
    assert await scene.desk.saw() == 2
    scene.log.write([failed("req_3")])
    assert await scene.desk.counts() == (3, 1)
    assert await error_desk(scene.log, scene.clock).counts() == (3, 1)
    [group] = await scene.desk.groups()
    assert (group.count, group.sample_id, group.name) == (3, "req_3", BROKEN.kind.value)
    await scene.desk.clear()
    assert await scene.desk.counts() == (0, 0)


async def test_what_is_resolved_opens_again_and_what_is_ignored_does_not(tmp_path: Path) -> None:
    scene = ErrorScene(tmp_path)
    scene.log.write([failed("req_1")])
    [group] = await scene.desk.groups()
    assert (await scene.desk.think(group.signature, GroupState.RESOLVED)).state is GroupState.RESOLVED
    assert await scene.desk.counts() == (1, 0)
    scene.log.write([failed("req_2")])
    assert [each.count for each in await scene.desk.groups(GroupState.OPEN)] == [2]
    await scene.desk.think(group.signature, GroupState.IGNORED)
    scene.log.write([failed("req_3")])
    assert await scene.desk.groups(GroupState.OPEN) == ()
    [ignored] = await scene.desk.groups(GroupState.IGNORED)
    assert ignored.count == 3
    assert await scene.desk.counts() == (3, 0)
    with pytest.raises(NoSuchGroup):
        await scene.desk.think("0" * 16, GroupState.OPEN)


async def test_reports_stand_beside_failures(tmp_path: Path) -> None:
    scene = ErrorScene(tmp_path)
    scene.log.write([failed("req_1"), answered("req_2", status=404)])
    assert await scene.desk.report(report(context={"page": "logs"}))
    assert await scene.desk.report(report("no [redacted] at 18"))
    [reported, _] = sorted(await scene.desk.groups(), key=lambda group: group.source)
    assert (reported.source, reported.count, reported.name, reported.samples) == ("renderer", 2, "TypeError", ())
    raw = await scene.desk.raw(3)
    assert [entry.source for entry in raw.entries] == ["server", "server", "renderer"]
    assert ([line.id for line in raw.records], raw.total) == (["req_2", "req_1"], 2)
    assert [entry.error.name for entry in (await scene.desk.raw(10)).entries][2:] == ["TypeError", "TypeError"]


async def test_reports_are_limited_and_nothing_is_kept_where_it_is_off(tmp_path: Path) -> None:
    scene = ErrorScene(tmp_path, is_on=False)
    for _ in range(MOST_REPORTS):
        assert not await scene.desk.report(report())
    with pytest.raises(TooManyReports) as refused:
        await scene.desk.report(report())
    assert 0 < refused.value.wait_seconds <= 60
    assert await scene.desk.groups() == ()
    assert not scene.log.path.exists()
