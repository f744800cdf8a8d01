"""The request log: ``/admin/logs``.

Rules of this file: a page is at most 200 lines, newest first.  Bodies have no secrets in them and still hold what
clients wrote: all of it is the owner's alone.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.capsules.capsule import Facts, capsule_of, encode_capsule
from codex_proxy.operations.request_log.desk import LogDesk, LogPage, StateChange, StateView
from codex_proxy.operations.request_log.figures import Figures
from codex_proxy.operations.request_log.views import LogRecord
from codex_proxy.server.admin.logs.filters import EVERYWHERE, FILTERS, Place, What, When, Whose, wanted_of

LOGS_PATH: Final = "/admin/logs"

RequestId = Annotated[str, PathParameter(pattern=r"^[\w.-]{1,128}$", description="Our id of the request.")]


def log_routes(desk: LogDesk, facts: Callable[[], Facts]) -> list[HTTPRouteHandler]:
    """The routes over the log; ``facts`` are what a capsule says beside the request."""
    return [*_looking(desk), _capsule(desk, facts), *_switching(desk), *_clearing(desk)]


def _looking(desk: LogDesk) -> list[HTTPRouteHandler]:
    @get(LOGS_PATH, dependencies=FILTERS, summary="Requests, newest first")
    async def logs(
        place: NamedDependency[Place],
        what: NamedDependency[What],
        whose: NamedDependency[Whose],
        when: NamedDependency[When],
    ) -> LogPage:
        """A page of the log, as lines; `total` counts all lines that fit."""
        return await desk.page(wanted_of(place, what, whose, when), limit=place.limit, offset=place.offset)

    @get(f"{LOGS_PATH}/summary", dependencies=FILTERS, summary="What requests come to")
    async def log_summary(
        what: NamedDependency[What], whose: NamedDependency[Whose], when: NamedDependency[When]
    ) -> Figures:
        """Counts, times, speed, tokens and cost of all lines that fit the filters."""
        return await desk.figures(wanted_of(EVERYWHERE, what, whose, when))

    @get(f"{LOGS_PATH}/{{request_id:str}}", summary="One request")
    async def log_entry(request_id: RequestId) -> LogRecord:
        """Everything that is kept of it: attempts, why the accounts, notes of the translation, and bodies if any."""
        return await desk.record(request_id)

    return [logs, log_summary, log_entry]


def _capsule(desk: LogDesk, facts: Callable[[], Facts]) -> HTTPRouteHandler:
    @get(f"{LOGS_PATH}/{{request_id:str}}/capsule", summary="A request's capsule")
    async def log_capsule(request_id: RequestId) -> Response[bytes]:
        """One file with everything that is kept of it and the gateway's facts; secrets are left out, texts are not."""
        capsule = capsule_of(await desk.entry(request_id), facts())
        headers = {"content-disposition": f'attachment; filename="{request_id}.capsule.json"'}
        return Response(encode_capsule(capsule), media_type="application/json", headers=headers)

    return log_capsule


def _switching(desk: LogDesk) -> list[HTTPRouteHandler]:
    @get(f"{LOGS_PATH}/state", summary="What the log keeps")
    async def log_state() -> StateView:
        """Whether it is on, how much it keeps of a request, and how full it is."""
        return await desk.state()

    @post(f"{LOGS_PATH}/state", status_code=HTTP_200_OK, summary="Change what the log keeps")
    async def change_log_state(data: JSONBody[StateChange]) -> StateView:
        """`enabled` is kept for the next start; `paused` ends with the gateway, `bodies` by itself."""
        return await desk.change(data)

    return [log_state, change_log_state]


def _clearing(desk: LogDesk) -> list[HTTPRouteHandler]:
    async def cleared() -> dict[str, Any]:
        await desk.clear()
        return {"ok": True, "success": True}

    @delete(LOGS_PATH, status_code=HTTP_200_OK, summary="Clear the log")
    async def clear_logs() -> dict[str, Any]:
        """Forgets every request; groups of errors stay."""
        return await cleared()

    @post(f"{LOGS_PATH}/clear", status_code=HTTP_200_OK, summary="Clear the log, as older clients do")
    async def clear_logs_by_post() -> dict[str, Any]:
        """Forgets every request; groups of errors stay."""
        return await cleared()

    return [clear_logs, clear_logs_by_post]
