"""The log as it grows: ``GET /admin/logs/stream``, server-sent events.

Rules of this file: ``log`` events carry a line each, and may tell a line again when more of it is known; ``dropped``
says how many a slow reader lost; a comment fills the silence.  Whoever may not look on any more, since a session ended
or a key was revoked, is told nothing further.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from codex_proxy.framing.sse import encode_frame
from codex_proxy.operations.request_log.tail import News, Tail
from codex_proxy.operations.request_log.views import summary_of
from codex_proxy.server.admin.access.entrance import is_still_admitted, scope_of
from codex_proxy.server.admin.wire.errors import AnyRequest

STREAM_PATH: Final = "/admin/logs/stream"
SILENCE_SECONDS: Final = 15.0
_HEADERS: Final = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}


def tail_route(tail: Tail) -> HTTPRouteHandler:
    """The route."""

    @get(STREAM_PATH, media_type="text/event-stream", summary="The log as it grows")
    async def stream_logs(request: AnyRequest) -> Stream:
        """Events named `log` with a line of the log each, and `dropped` with a count where you read too slowly."""
        tail.require_room()
        scope = scope_of(request)
        events = _events(tail, lambda: is_still_admitted(scope))
        return Stream(events, media_type="text/event-stream", headers=_HEADERS)

    return stream_logs


async def _events(tail: Tail, may_read: Callable[[], bool]) -> AsyncIterator[bytes]:
    reader = tail.join()  # not before somebody reads: who left before that would stay a reader for ever
    try:
        yield b": the log follows\n\n"
        while (news := await reader.next(patience_seconds=SILENCE_SECONDS)) is not None and may_read():
            yield _told(news)
    finally:
        tail.leave(reader)


def _told(news: News) -> bytes:
    frames = [encode_frame(msgspec.json.encode(summary_of(row)), "log") for row in news.rows]
    if news.dropped_count:
        frames.insert(0, encode_frame(msgspec.json.encode({"count": news.dropped_count}), "dropped"))
    return b"".join(frames) or b": nothing new\n\n"
