"""Errors in groups, and errors that are reported: ``/admin/error-logs``.

Rules of this file: what is expected to happen is in the log and in no group.  Reporting wants the owner, as all of the
control plane does: whoever may report without being known may fill a disk.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.error_log.desk import ErrorDesk
from codex_proxy.operations.error_log.reports import ErrorReport
from codex_proxy.operations.error_log.store import GroupState
from codex_proxy.operations.error_log.views import ErrorGroupView, RawErrors

ERRORS_PATH: Final = "/admin/error-logs"
MOST_ENTRIES: Final = 500
MOST_BODY_BYTES: Final = 65_536
_USUAL: Final = 100

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_ENTRIES, description="Entries at most.")]
State = Annotated[GroupState | None, QueryParameter(name="state", description="Only groups of this state.")]
Signature = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{16}$", description="A group's signature.")]


class StateOfGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner thinks of a group; a resolved one opens again when it happens again."""

    state: GroupState


def error_routes(desk: ErrorDesk) -> list[HTTPRouteHandler]:
    """The routes over errors."""
    return [*_looking(desk), *_judging(desk), _reporting(desk)]


def _looking(desk: ErrorDesk) -> list[HTTPRouteHandler]:
    @get(ERRORS_PATH, summary="Errors in groups")
    async def error_groups(judged: State = None) -> dict[str, tuple[ErrorGroupView, ...]]:
        """Errors that are alike, last seen first: ``{"groups": [...]}``.

        Failures of requests are alike by kind, upstream, model and shape of message; reports by source, name, topmost
        frames and shape of message.
        """
        return {"groups": await desk.groups(judged)}

    @get(f"{ERRORS_PATH}/raw", summary="Single errors, newest first")
    async def raw_errors(limit: Limit = _USUAL) -> RawErrors:
        """Reports, and requests with a failure or a status of 400 or more."""
        return await desk.raw(limit)

    @get(f"{ERRORS_PATH}/count", summary="How many errors")
    async def error_count() -> dict[str, int]:
        """All that are in groups, and those of open groups that came since somebody looked."""
        total, unread = await desk.counts()
        return {"total": total, "unread": unread}

    return [error_groups, raw_errors, error_count]


def _judging(desk: ErrorDesk) -> list[HTTPRouteHandler]:
    @post(f"{ERRORS_PATH}/seen", status_code=HTTP_200_OK, summary="Errors were looked at")
    async def errors_seen() -> dict[str, Any]:
        """From now on those that came so far are read, after a restart as well."""
        return {"ok": True, "cursor": await desk.saw()}

    @post(f"{ERRORS_PATH}/{{signature:str}}/state", status_code=HTTP_200_OK, summary="Judge a group of errors")
    async def change_group_state(signature: Signature, data: JSONBody[StateOfGroup]) -> ErrorGroupView:
        """The group as it is now; one that is ignored is counted and never unread."""
        return await desk.think(signature, data.state)

    @delete(ERRORS_PATH, status_code=HTTP_200_OK, summary="Forget the groups of errors")
    async def forget_errors() -> dict[str, bool]:
        """Reports go with them; the requests stay in the log."""
        await desk.clear()
        return {"ok": True}

    return [errors_seen, change_group_state, forget_errors]


def _reporting(desk: ErrorDesk) -> HTTPRouteHandler:
    @post(
        f"{ERRORS_PATH}/report",
        status_code=HTTP_200_OK,
        request_max_body_size=MOST_BODY_BYTES,
        summary="Report an error",
        may_fail=(429,),
    )
    async def report_error(data: JSONBody[ErrorReport]) -> dict[str, bool]:
        """`ok` is false where the owner keeps no errors.  At most 60 in a minute."""
        return {"ok": await desk.report(data)}

    return report_error
