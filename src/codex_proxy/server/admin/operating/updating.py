"""Newer versions: ``/admin/update-status``, ``check-update``, ``apply-update``.

Rules of this file: installing wants the admin key itself, and begins only where nothing stands in its way; how far it
is comes as server-sent events, whose last one says how it ended; what began goes on to its end, whoever leaves.  Times
are ISO 8601.  Source: spec, accounts, 13.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.updates.own.updater import NotUpdated, Step, Updater
from codex_proxy.operations.updates.watch import UpdateWatch
from codex_proxy.server.admin.files import bearer_guard
from codex_proxy.server.admin.operating.lasting import Lasting
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.security import Authenticator

STREAM_TYPE: Final = "text/event-stream"
_HEADERS: Final = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


class NewRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release of the gateway that is newer than the one that runs; an index tells neither words nor a page of it."""

    version: str
    body: str | None = None
    url: str | None = None


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the sources."""

    hash: str
    message: str


class OwnUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway's own updates.

    ``mode`` is how it was installed, ``policy`` what is allowed (off, notify, apply); ``hint`` says why it cannot
    update itself, ``error`` why the index told nothing.  ``former_version`` is what could be gone back to.  Releases
    come from a package index, which knows no commits and no changelog: those members say so.
    """

    version: str
    mode: str
    policy: str
    can_self_update: bool
    hint: str | None
    release: NewRelease | None
    update_available: bool
    update_in_progress: bool
    last_check: str | None
    error: str | None
    former_version: str | None
    commit: str | None = None
    commits_behind: int = 0
    commits: tuple[Commit, ...] = ()
    changelog: str | None = None


class ClientUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of the official client that are shown upstream.

    ``latest_version`` is what its feed told last; it is in force at once where it is newer.
    """

    current_version: str
    current_build: str | None
    latest_version: str | None
    latest_build: str | None
    update_available: bool
    update_in_progress: bool
    last_check: str | None
    errors: dict[str, str]


class UpdateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a desktop app is to ask about updates; the dashboard does not."""

    show_update_dialog: bool


class UpdateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Updates of the gateway (``proxy``) and of the client that it presents itself as (``codex``)."""

    settings: UpdateSettings
    proxy: OwnUpdate
    codex: ClientUpdate


class ApplyUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What to install: the newest release, or with ``back`` the version that the last update replaced."""

    back: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How an update ended, the last event of its stream."""

    started: bool = True
    restarting: bool
    error: str | None = None
    done: bool = True


LookAtClients: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDesk:
    """What the routes stand on.

    ``look_at_clients`` asks the official clients' feeds where that is of use; ``shows_dialog`` is that setting as it is
    now; ``restart`` starts the program anew once running answers ended, and says whether it will.  An update that began
    is seen to its end by ``lasting``.
    """

    updater: Updater
    watch: UpdateWatch
    look_at_clients: LookAtClients
    shows_dialog: Callable[[], bool]
    restart: Callable[[], bool]
    authenticator: Authenticator
    lasting: Lasting[bytes] = field(default_factory=Lasting)


def update_routes(desk: UpdateDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""

    @get("/admin/update-status", sync_to_thread=False, summary="Updates as they were found last")
    def update_status() -> UpdateStatus:
        """What runs, what is newer, and whether it can be installed from here; nobody is asked."""
        return _status(desk)

    @post("/admin/check-update", status_code=HTTP_200_OK, summary="Look for updates")
    async def check_update() -> UpdateStatus:
        """Ask the package index and the official clients' feeds now, where the owner wants that."""
        await desk.look_at_clients()
        report = await desk.updater.check()
        return _status(desk, error=report.error)

    @post(
        "/admin/apply-update",
        status_code=HTTP_200_OK,
        guards=[bearer_guard(desk.authenticator)],
        media_type=STREAM_TYPE,
        summary="Install an update",
    )
    async def apply_update(data: JSONBody[ApplyUpdate | None] = None) -> Stream:
        """Install the newest release, or go back to the former one; each step is an event, and so is the end."""
        try:
            steps = await desk.updater.begin(back=data is not None and data.back)
        except NotUpdated as error:
            installation = desk.updater.installation
            beside = {"started": False, "mode": installation.way.value, "hint": installation.hint}
            raise ControlError(400, "not_updated", str(error), beside=beside) from error
        return Stream(desk.lasting.begin(_events(steps, desk)), media_type=STREAM_TYPE, headers=_HEADERS)

    return [update_status, check_update, apply_update]


async def _events(steps: AsyncIterator[Step], desk: UpdateDesk) -> AsyncIterator[bytes]:
    failed: Step | None = None
    async for step in steps:
        failed = step if step.status == "failed" and failed is None else failed
        yield _event(step)
    restarting = failed is None and desk.restart()
    yield _event(Ended(restarting=restarting, error=None if failed is None else f"{failed.step}: {failed.detail}"))


def _event(told: Step | Ended) -> bytes:
    return b"data: " + msgspec.json.encode(told) + b"\n\n"


def _status(desk: UpdateDesk, *, error: str | None = None) -> UpdateStatus:
    updater, report = desk.updater, desk.updater.report
    obstacle = updater.obstacle()
    try:
        former = updater.former()
    except NotUpdated:
        former = None
    own = OwnUpdate(
        version=report.current,
        mode=updater.installation.way.value,
        policy=updater.mode.value,
        can_self_update=obstacle is None,
        hint=obstacle,
        release=None if report.latest is None else NewRelease(version=report.latest),
        update_available=report.latest is not None,
        update_in_progress=updater.in_progress,
        last_check=_iso(report.checked_at),
        error=error or report.error,
        former_version=None if former is None else former.version,
    )
    settings = UpdateSettings(show_update_dialog=desk.shows_dialog())
    return UpdateStatus(settings=settings, proxy=own, codex=_clients(desk.watch))


def _clients(watch: UpdateWatch) -> ClientUpdate:
    report = watch.report
    found = report.desktop_found
    return ClientUpdate(
        current_version=report.versions.desktop,
        current_build=report.versions.desktop_build,
        latest_version=None if found is None else found.version,
        latest_build=None if found is None else found.build,
        update_available=found is not None and found.version != report.versions.desktop,
        update_in_progress=watch.is_looking,
        last_check=_iso(report.checked_at),
        errors=report.errors,
    )


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)
