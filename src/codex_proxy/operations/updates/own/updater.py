"""Updating the gateway: look at the index, install what is newer, see that it starts, keep the way back.

Rules of this file: with ``UpdateMode.OFF`` nothing is asked and nothing is done; an older version is installed only by
going back to the one that an update replaced; one update at a time, whatever its end and whichever process began it;
what was installed and does not start is replaced by what was there before.  Times are epoch seconds (UTC).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.updates.own.index import IndexUnread
from codex_proxy.operations.updates.own.installation import PACKAGE, Facts, commands, installation_of, pinned
from codex_proxy.operations.updates.own.releases import BadIndex, Release, find, newest, parse_releases, project_url

INTERVAL_SECONDS: Final = 86_400.0
OFF_HINT: Final = "updates are off; set update.gateway to notify or apply"
NO_INDEX_HINT: Final = "no package index is named; set update.index_url in the configuration file"
NOT_APPLIED_HINT: Final = "installing is not allowed; set update.gateway to apply"
UNDER_WAY: Final = "an update is under way"
_WORDS: Final = 300


class UpdateMode(StrEnum):
    """``off``: nothing is asked.  ``notify``: the index is asked daily.  ``apply``: updates may be installed too."""

    OFF = "off"
    NOTIFY = "notify"
    APPLY = "apply"


class NotUpdated(Exception):
    """No update was begun; one sentence."""


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """The version that an update replaced, by which, and when."""

    version: str
    replaced_by: str
    replaced_at: float


class FormerStore(Protocol):
    """Keeps the former version; both raise ``NotUpdated``."""

    def load(self) -> Former | None:
        """What was kept last; None where nothing was, or where it was gone back to."""
        ...

    def keep(self, former: Former | None) -> None:
        """Keep this."""
        ...


class UpdateLock(Protocol):
    """Keeps other processes from installing at the same time."""

    def try_take(self) -> bool:
        """Take it if nobody has it; raises ``NotUpdated``."""
        ...

    def free(self) -> None:
        """Give it back."""
        ...


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a program."""

    status: int
    output: str


class Machine(Protocol):
    """What an update does to the machine."""

    async def run(self, command: Sequence[str]) -> Ran:
        """Run a program to its end."""
        ...

    async def write(self, text: str) -> str:
        """Write a file for the installer to read, in place of the last one, and say where it is."""
        ...


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far an update is: ``step`` is verify, install, check or back; ``status`` running, done or failed."""

    step: str
    status: str
    detail: str = ""


class UpdateReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of updates; ``latest`` is a newer version, ``error`` why the last look told nothing."""

    current: str
    latest: str | None = None
    checked_at: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdaterParts:
    """What the updater works with.

    ``read`` gets a URL of the index and raises ``IndexUnread``; ``current`` is the version that runs,
    ``prereleases`` gives whether such count.
    """

    current: str
    facts: Facts
    mode: UpdateMode
    index_url: str | None
    prereleases: Callable[[], bool]
    read: Callable[[str], Awaitable[bytes]]
    machine: Machine
    store: FormerStore
    lock: UpdateLock
    clock: Clock


class Updater:
    """Looks for updates and installs them; ``look`` is a job."""

    def __init__(self, parts: UpdaterParts) -> None:
        self._parts = parts
        self._updating = asyncio.Lock()
        self.installation = installation_of(parts.facts)
        self.report = UpdateReport(current=parts.current)

    @property
    def mode(self) -> UpdateMode:
        """What is allowed."""
        return self._parts.mode

    @property
    def in_progress(self) -> bool:
        """Whether an update is being installed by this process."""
        return self._updating.locked()

    def obstacle(self) -> str | None:
        """Why nothing can be installed here; None where it can."""
        parts = self._parts
        told = {
            OFF_HINT: parts.mode is UpdateMode.OFF,
            NOT_APPLIED_HINT: parts.mode is not UpdateMode.APPLY,
            NO_INDEX_HINT: parts.index_url is None,
        }
        return next((hint for hint, holds in told.items() if holds), self.installation.hint)

    async def look(self) -> bool:
        """Look once, where that is wanted; whether the index answered."""
        if self._parts.mode is UpdateMode.OFF or self._parts.index_url is None:
            return True
        return (await self.check()).error is None

    async def check(self) -> UpdateReport:
        """Ask the index now."""
        parts = self._parts
        hint = OFF_HINT if parts.mode is UpdateMode.OFF else NO_INDEX_HINT if parts.index_url is None else None
        if hint is not None:
            return msgspec.structs.replace(self.report, error=hint)
        found, error = None, None
        try:
            found = newest(await self._releases(), than=parts.current, prereleases=parts.prereleases())
        except (BadIndex, IndexUnread) as trouble:
            error = str(trouble)
        self.report = UpdateReport(
            current=parts.current,
            latest=found.version if found else None,
            checked_at=parts.clock.now(),
            error=error,
        )
        return self.report

    def former(self) -> Former | None:
        """The version that could be gone back to; raises ``NotUpdated``."""
        former = self._parts.store.load()
        return former if former is not None and former.replaced_by == self._parts.current else None

    async def begin(self, *, back: bool = False) -> AsyncIterator[Step]:
        """Begin installing the newest release, or the version that the last update replaced.

        The update runs as the steps are taken; the last one says how it ended.

        Raises:
            NotUpdated: there is nothing to be done, or it may not be.
        """
        obstacle = self.obstacle()
        if obstacle is not None:
            raise NotUpdated(obstacle)
        if self._updating.locked():
            raise NotUpdated(UNDER_WAY)
        return self._steps(await self._wanted(back=back), back=back)

    # -------------------------------------------------------------------------------------------------- within

    async def _wanted(self, *, back: bool) -> Release:
        former = self.former() if back else None
        if back and former is None:
            raise NotUpdated("no update is known that could be taken back")
        try:
            releases = await self._releases()
        except (BadIndex, IndexUnread) as error:
            raise NotUpdated(str(error)) from error
        parts = self._parts
        if former is not None:
            release = find(releases, former.version)
            words = f"the index has no {former.version} any more"
        else:
            release = newest(releases, than=parts.current, prereleases=parts.prereleases())
            words = f"{parts.current} is the newest version"
        if release is None:
            raise NotUpdated(words)
        return release

    async def _releases(self) -> tuple[Release, ...]:
        body = await self._parts.read(project_url(self._parts.index_url or "", PACKAGE))
        return parse_releases(body, name=PACKAGE, python=self._parts.facts.python_version)

    async def _steps(self, release: Release, *, back: bool) -> AsyncIterator[Step]:
        if self._updating.locked():  # two were asked for while the index was read
            yield Step(step="verify", status="failed", detail=UNDER_WAY)
            return
        async with self._updating:
            obstacle = self._taken()
            if obstacle is not None:
                yield Step(step="verify", status="failed", detail=obstacle)
                return
            try:
                async for step in self._whole(release, back=back):
                    yield step
            finally:
                self._parts.lock.free()

    def _taken(self) -> str | None:
        """Why no other process can be kept away; None where the lock is ours now."""
        try:
            return None if self._parts.lock.try_take() else UNDER_WAY
        except NotUpdated as error:
            return str(error)

    async def _whole(self, release: Release, *, back: bool) -> AsyncIterator[Step]:
        failed = False
        async for step in self._put(release):
            failed = failed or step.status == "failed"
            yield step
        if not failed:
            yield self._kept(release, back=back)
            return
        async for step in self._undo():
            yield step

    async def _put(self, release: Release) -> AsyncIterator[Step]:
        """Install a release and see that it starts; ends after the first step that failed."""
        parts = self._parts
        requirements = await parts.machine.write(pinned(release))
        told = commands(
            self.installation.way, parts.facts, release, requirements=requirements, index_url=parts.index_url or ""
        )
        start = (parts.facts.python, "-m", "codex_proxy", "version")
        for name, command in (("verify", told[0]), ("install", told[1]), ("check", start)):
            yield Step(step=name, status="running", detail=release.version)
            ran = await parts.machine.run(command)
            is_wrong = name == "check" and release.version not in ran.output.split()
            if ran.status or is_wrong:
                yield Step(step=name, status="failed", detail=ran.output.strip()[-_WORDS:] or f"status {ran.status}")
                return
            yield Step(step=name, status="done", detail=release.version)

    async def _undo(self) -> AsyncIterator[Step]:
        """Put back what ran until now, where the index still has it."""
        current = self._parts.current
        try:
            before = find(await self._releases(), current)
        except (BadIndex, IndexUnread):
            before = None
        if before is None:
            yield Step(step="back", status="failed", detail=f"the index has no {current}; install it yourself")
            return
        failed = False
        async for step in self._put(before):
            failed = failed or step.status == "failed"
        yield Step(step="back", status="failed" if failed else "done", detail=current)

    def _kept(self, release: Release, *, back: bool) -> Step:
        parts = self._parts
        now = parts.clock.now()
        former = Former(version=parts.current, replaced_by=release.version, replaced_at=now)
        try:
            parts.store.keep(None if back else former)
        except NotUpdated as error:
            return Step(step="keep", status="failed", detail=str(error))
        return Step(step="keep", status="done", detail=parts.current)
