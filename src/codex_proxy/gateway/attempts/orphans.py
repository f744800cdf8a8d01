"""Upstream calls whose client left before their headers came.

Rules of this file: such a call cannot be cancelled cleanly (the HTTP client would keep the stream open unseen), so it
keeps its slot until headers or a timeout, and is then dropped.  Source: measured behaviour of the HTTP client.
"""

import asyncio
import contextlib
from contextlib import AbstractAsyncContextManager

from codex_proxy.gateway.ports import Lease, TransportError, UpstreamReply


class Orphanage:
    """Owns the tasks of orphaned calls."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def adopt(
        self, opening: asyncio.Task[UpstreamReply], context: AbstractAsyncContextManager[UpstreamReply], lease: Lease
    ) -> None:
        """See the call to its headers, drop it, and give its slot back."""
        task = asyncio.get_running_loop().create_task(_see_off(opening, context, lease))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop every orphan now and wait for the slots."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _see_off(
    opening: asyncio.Task[UpstreamReply], context: AbstractAsyncContextManager[UpstreamReply], lease: Lease
) -> None:
    try:
        with contextlib.suppress(TransportError):
            await opening
            await context.__aexit__(None, None, None)
    finally:
        lease.release()
