"""Work that goes on although nobody listens."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from codex_proxy.server.admin.operating.lasting import Lasting


async def test_what_began_ends_whether_anybody_hears_of_it_or_not() -> None:
    done: list[str] = []
    may_go_on = asyncio.Event()

    async def work(name: str) -> AsyncIterator[str]:
        yield f"{name} begins"
        await may_go_on.wait()
        done.append(name)
        yield f"{name} ends"

    lasting: Lasting[str] = Lasting()
    heard, left, never_heard = (lasting.begin(work(name)) for name in ("heard", "left", "never heard"))
    assert await anext(left) == "left begins"
    await left.aclose()  # type: ignore[attr-defined]
    del left, never_heard
    may_go_on.set()
    assert [each async for each in heard] == ["heard begins", "heard ends"]
    await lasting.wait()
    assert sorted(done) == ["heard", "left", "never heard"]


async def test_a_defect_ends_what_is_told() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "one"
        raise ZeroDivisionError

    lasting: Lasting[str] = Lasting()
    heard = lasting.begin(broken())
    assert [each async for each in heard] == ["one"]
    await lasting.wait()


@pytest.mark.parametrize("count", [0, 3])
async def test_waiting_is_for_all_of_it(count: int) -> None:
    async def work() -> AsyncIterator[int]:
        await asyncio.sleep(0)
        yield 1

    lasting: Lasting[int] = Lasting()
    for _ in range(count):
        lasting.begin(work())
    await lasting.wait()
    assert not lasting._running
