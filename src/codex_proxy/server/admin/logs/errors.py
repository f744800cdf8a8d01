"""Errors in groups: ``/admin/error-logs``.

Rules of this file: what is expected to happen is in the log and in no group.
"""

from typing import Any, Final

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.request_log.desk import LogDesk, LogPage
from codex_proxy.operations.request_log.store import Wanted
from codex_proxy.operations.request_log.views import ErrorGroupView
from codex_proxy.server.admin.logs.filters import Limit

ERRORS_PATH: Final = "/admin/error-logs"
_USUAL: Final = 100


def error_routes(desk: LogDesk) -> list[HTTPRouteHandler]:
    """The routes over errors."""
    return [*_looking(desk), *_seeing(desk)]


def _looking(desk: LogDesk) -> list[HTTPRouteHandler]:
    @get(ERRORS_PATH, summary="Errors in groups")
    async def error_groups() -> dict[str, tuple[ErrorGroupView, ...]]:
        """Failures by kind, upstream, model and shape of message, last seen first: ``{"groups": [...]}``."""
        return {"groups": await desk.groups()}

    @get(f"{ERRORS_PATH}/raw", summary="Requests that failed, newest first")
    async def raw_errors(limit: Limit = _USUAL) -> LogPage:
        """Lines of the log with a failure, or a status of 400 or more."""
        return await desk.page(Wanted(errors_only=True), limit=limit, offset=0)

    @get(f"{ERRORS_PATH}/count", summary="How many errors")
    async def error_count() -> dict[str, int]:
        """All that are in groups, and those that came since somebody looked."""
        total, unread = await desk.error_counts()
        return {"total": total, "unread": unread}

    return [error_groups, raw_errors, error_count]


def _seeing(desk: LogDesk) -> list[HTTPRouteHandler]:
    @post(f"{ERRORS_PATH}/seen", status_code=HTTP_200_OK, summary="Errors were looked at")
    async def errors_seen() -> dict[str, Any]:
        """From now on those that came so far are read."""
        return {"ok": True, "cursor": await desk.saw_errors()}

    @delete(ERRORS_PATH, status_code=HTTP_200_OK, summary="Forget the groups of errors")
    async def forget_errors() -> dict[str, bool]:
        """The requests stay in the log."""
        await desk.clear_groups()
        return {"ok": True}

    return [errors_seen, forget_errors]
