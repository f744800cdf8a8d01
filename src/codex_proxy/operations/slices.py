"""Long work on the loop, in slices: everybody else has a turn whenever one is over.

Rules of this file: a worker thread would be no better, since it holds the interpreter whenever the loop wants it, for
five milliseconds each time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

from codex_proxy.gateway.ports import Clock

SLICE_SECONDS: Final = 0.002

Item = TypeVar("Item")


async def in_slices(items: Iterable[Item], clock: Clock) -> AsyncIterator[Item]:
    """The items as they are; what is done with each, and to get it, counts into the slice."""
    ends_at = clock.monotonic() + SLICE_SECONDS
    for item in items:
        yield item
        if clock.monotonic() >= ends_at:
            await asyncio.sleep(0)
            ends_at = clock.monotonic() + SLICE_SECONDS
