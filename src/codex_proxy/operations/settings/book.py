"""The settings: changed through the API or by hand, in force at once where that is possible, kept in the owner's file.

Rules of this file: a change holds as a whole or not at all: it is checked, everybody follows, then it is written, and
where any of that cannot be had everything is as before.  A file that cannot be used changes nothing and is told.
Source: spec, accounts, 9.3 and 14.4; decisions, 28.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from codex_proxy.operations.settings.history import Revision, changes_between, found, undoing, with_revision
from codex_proxy.operations.settings.parts import (
    CannotFollow,
    Configured,
    FileChanged,
    FileUnusable,
    Following,
    RevisionConflict,
    RevisionStore,
    Schema,
    SettingsFile,
    SettingsNotKept,
    SettingsRefused,
    Wrong,
)

LOOK_SECONDS: Final = 1.0
"""A change is followed once the file stood still for one look, so that no half-written one is read."""
MASKED: Final = "(set, not shown)"
"""What stands for a secret; one that is sent back as this stays as it is."""
BY_FILE: Final = "file"
BY_API: Final = "api"
REQUEST: Final = "request"
"""The source of a value that somebody asks for."""
_REVISION_LETTERS: Final = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookParts:
    """What the book works with; ``tell`` hears a sentence about the file whenever something about it is new."""

    schema: Schema
    file: SettingsFile
    following: Following
    revisions: RevisionStore
    now: Callable[[], float]
    tell: Callable[[str, tuple[Wrong, ...]], None]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to change, by key, UNSET for keys that are to go.

    ``expected`` is the revision that the caller knows, None where that makes no difference; ``by`` as in ``Revision``.
    """

    values: Mapping[str, Any]
    by: str
    expected: str | None = None


class SettingsBook:
    """The settings in force and the file they are kept in.  ``look`` is a job, every ``LOOK_SECONDS``."""

    def __init__(self, parts: BookParts, configured: Configured) -> None:
        self._parts = parts
        self._changing = asyncio.Lock()
        self._seen: tuple[int, ...] | None = None
        self._followed: tuple[int, ...] | None = None
        self._refused_text: str | None = None
        self.configured = configured
        self.faults: tuple[Wrong, ...] = ()

    @property
    def file_name(self) -> str:
        """Where the settings are kept."""
        return self._parts.file.name

    @property
    def revision(self) -> str:
        """Names what the file says: another after every change, whoever made it."""
        return hashlib.sha256(self.configured.text.encode()).hexdigest()[:_REVISION_LETTERS]

    def shown(self, name: str) -> Any:
        """A key's value as it is configured, masked where it is a secret."""
        return self._parts.schema.shown(name, self.configured.values[name])

    def in_force(self, name: str) -> Any:
        """A key's value that is in force, masked likewise."""
        return self._parts.schema.shown(name, self.configured.effective[name])

    async def keep(self, values: Mapping[str, Any]) -> None:
        """See ``SettingsKeeper``."""
        await self.change(Change(values=values, by=BY_API))

    async def change(self, change: Change) -> None:
        """Make a change and keep it; what a flag or variable overrides is kept and not in force.

        Raises:
            SettingsRefused: a value is not what its key wants, or may not be changed here.
            RevisionConflict: somebody else was first.
            FileUnusable: the file was edited by hand and cannot be used.
            CannotFollow: somebody cannot do as it says.
            FileChanged: somebody else wrote the file at the same time.
            SettingsNotKept: it cannot be written.
        """
        await _to_the_end(self._change(change))

    async def undo(self, number: int | None, *, by: str, expected: str | None = None) -> Revision:
        """Take a revision back, the newest where none is named; raises like ``change``.

        Raises:
            NothingToUndo: there is none, or it changed secrets alone.
            UndoConflict: something of it was changed again.
        """
        return await _to_the_end(self._undo(number, by=by, expected=expected))

    async def revisions(self) -> tuple[Revision, ...]:
        """What was changed, newest first; raises ``SettingsNotKept``."""
        return tuple(reversed(await asyncio.to_thread(self._parts.revisions.load)))

    async def reload(self) -> None:
        """Go by what stands in the file now.

        Raises:
            FileUnusable: it cannot be used, and everything is as before.
            SettingsNotKept: it cannot be read.
        """
        await _to_the_end(self._reload())

    async def _reload(self) -> None:
        async with self._changing:
            try:
                text = await asyncio.to_thread(self._parts.file.read)
            except SettingsNotKept as error:
                self._note(
                    "the configuration file cannot be read; the old settings stay",
                    (Wrong(message=str(error), source=self.file_name),),
                )
                raise
            await self._follow(text)

    async def look(self) -> bool:
        """Go by what stands in the file, if that is something new; for a job."""
        mark = await asyncio.to_thread(self._parts.file.mark)
        self._seen, seen = mark, self._seen
        if self._followed == mark or mark != seen:
            return True
        self._followed = mark
        with suppress(FileUnusable, SettingsNotKept):  # told already, and nothing new until the file changes again
            await self.reload()
        return True

    # -------------------------------------------------------------------------------------------------- within

    async def _undo(self, number: int | None, *, by: str, expected: str | None) -> Revision:
        async with self._changing:
            kept = await asyncio.to_thread(self._parts.revisions.load)
            revision = found(kept, number)
            values = undoing(revision, self.configured.in_file)
            await self._make(Change(values=values, by=f"undo of {revision.number} ({by})", expected=expected))
            return revision

    async def _change(self, change: Change) -> None:
        async with self._changing:
            await self._make(change)

    async def _make(self, change: Change) -> None:
        values = {name: value for name, value in change.values.items() if not self._stays_secret(name, value)}
        faults = self._parts.schema.faults_of(values)
        if faults:
            raise SettingsRefused(faults)
        async with self._locked():
            text = await asyncio.to_thread(self._parts.file.read)
            await self._follow(text)
            if change.expected not in {None, self.revision}:
                raise RevisionConflict(self.revision)
            edited = await asyncio.to_thread(self._parts.file.edited, text, values)
            if edited != text:
                wanted = await self._wanted(edited, values)
                await self._write(wanted, instead_of=text, by=change.by)

    async def _wanted(self, edited: str, values: Mapping[str, Any]) -> Configured:
        try:
            return await asyncio.to_thread(self._parts.schema.read, edited)
        except SettingsRefused as error:  # nothing of it stands in the file yet
            told = [fault if fault.key not in values else _asked_for(fault) for fault in error.faults]
            raise SettingsRefused(told) from error

    async def _write(self, wanted: Configured, *, instead_of: str, by: str) -> None:
        before = self.configured
        await self._parts.following.take(wanted)
        try:
            await asyncio.to_thread(self._parts.file.write, wanted.text, instead_of=instead_of)
        except (FileChanged, SettingsNotKept):
            await self._parts.following.take(before)
            raise
        self.configured = wanted
        await self._record(before, by)

    async def _follow(self, text: str) -> None:
        """Take in what somebody wrote into the file by hand."""
        if text == self.configured.text:
            self._settle()
            return
        if text == self._refused_text:
            raise FileUnusable(self.faults)
        before = self.configured
        try:
            wanted = await asyncio.to_thread(self._parts.schema.read, text)
            await self._parts.following.take(wanted)
        except SettingsRefused as error:
            self._refuse(text, error.faults)
        except CannotFollow as error:
            self._refuse(text, (Wrong(message=str(error), source=self.file_name, key=error.key),))
        self.configured = wanted
        self._settle()
        self._parts.tell("the configuration file was read anew", ())
        await self._record(before, BY_FILE)

    def _refuse(self, text: str, faults: tuple[Wrong, ...]) -> NoReturn:
        self._refused_text = text
        self._note("the configuration file cannot be used; the old settings stay", faults)
        raise FileUnusable(faults)

    def _note(self, words: str, faults: tuple[Wrong, ...]) -> None:
        if faults != self.faults:
            self.faults = faults
            self._parts.tell(words, faults)

    def _settle(self) -> None:
        self._refused_text, self.faults = None, ()

    async def _record(self, before: Configured, by: str) -> None:
        after = self.configured
        changes = changes_between(before.in_file, after.in_file, self._hidden(before) | self._hidden(after))
        if not changes:
            return
        try:
            kept = await asyncio.to_thread(self._parts.revisions.load)
            await asyncio.to_thread(
                self._parts.revisions.keep, with_revision(kept, changes, at=self._parts.now(), by=by)
            )
        except SettingsNotKept as error:
            self._parts.tell(f"a change of settings cannot be taken back later: {error}", ())

    def _hidden(self, configured: Configured) -> set[str]:
        """Keys of the file whose values are not kept: secrets, what holds one, and what nobody knows."""
        told, schema = configured.in_file, self._parts.schema
        known = {name for name in told if name in configured.values}
        masked = {name for name in known if schema.shown(name, told[name]) != told[name]}
        return {*schema.secret_keys, *masked, *(told.keys() - known)}

    def _stays_secret(self, name: str, value: Any) -> bool:
        return value == MASKED and name in self._parts.schema.secret_keys

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        lock = self._parts.file.lock()
        await asyncio.to_thread(lock.__enter__)
        try:
            yield
        finally:
            await asyncio.to_thread(lock.__exit__, None, None, None)


def _asked_for(fault: Wrong) -> Wrong:
    return Wrong(message=fault.message, source=REQUEST, key=fault.key)


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do all of it, also where whoever asked goes away meanwhile: half a change is none."""
    task = asyncio.ensure_future(work)  # noqa: TID251 - awaited below, whatever comes
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
