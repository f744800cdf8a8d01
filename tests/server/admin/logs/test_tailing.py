"""The log as it grows, over HTTP."""

import asyncio
from pathlib import Path

import msgspec

from codex_proxy.framing.sse import SseDecoder
from codex_proxy.operations.request_log.tail import MOST_READERS, MOST_WAITING
from codex_proxy.server.admin.logs.tailing import _events
from tests.operations.request_log.samples import row
from tests.server.admin.logs.plane import Plane
from tests.waiting import until


async def test_lines_come_as_events_and_lost_ones_are_counted(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    tail = plane.desk.tail

    async def look_on() -> str:
        reply = await plane.http.get("/admin/logs/stream")
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in reply.headers["cache-control"]
        return reply.text

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look_on())
        await until(lambda: tail.has_readers)
        tail.tell([row(number) for number in range(MOST_WAITING + 2)])
        await until(lambda: not any(reader._waiting for reader in tail._readers))
        tail.close()
    frames = SseDecoder().feed(looking.result().encode())
    assert [frame.event for frame in frames[:2]] == ["dropped", "log"]
    assert msgspec.json.decode(frames[0].data) == {"count": 2}
    assert msgspec.json.decode(frames[1].data)["id"] == "req_2"
    assert not tail.has_readers


async def test_whoever_leaves_at_once_is_no_reader(tmp_path: Path) -> None:
    tail = Plane(tmp_path).desk.tail
    for _ in range(MOST_READERS + 1):
        _events(tail, lambda: True)
    assert not tail.has_readers
    tail.require_room()


async def test_whoever_may_not_look_on_any_more_is_told_nothing(tmp_path: Path) -> None:
    tail, admitted = Plane(tmp_path).desk.tail, True
    events = _events(tail, lambda: admitted)
    assert b"follows" in await anext(events)
    tail.tell([row(1)])
    assert b"req_1" in await anext(events)
    admitted = False
    tail.tell([row(2)])
    assert [event async for event in events] == []
    assert not tail.has_readers


async def test_too_many_readers_are_refused(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    for _ in range(MOST_READERS):
        plane.desk.tail.join()
    reply = await plane.http.get("/admin/logs/stream")
    assert (reply.status_code, reply.json()["code"]) == (429, "too_many_readers")
