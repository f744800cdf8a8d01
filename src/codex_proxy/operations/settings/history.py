"""What was changed in the settings' file, when and by whom, and what takes it back.

Rules of this file: pure; a secret's value is never kept, so that it cannot be brought back.  Times are epoch seconds.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

MOST_REVISIONS: Final = 50


class KeyChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key's value in the file before and after; unset where the file does not have it, or where it is ``secret``."""

    key: str
    before: Any = msgspec.UNSET
    after: Any = msgspec.UNSET
    secret: bool = False


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One change; ``by`` says through what it came: ``api``, ``command``, ``file``, ``undo of 7``."""

    number: int
    changed_at: float
    by: str
    changes: tuple[KeyChange, ...]


class NothingToUndo(Exception):
    """There is no such revision, or all that it changed are secrets, whose values are not kept."""


class UndoConflict(Exception):
    """What the revision changed was changed again; ``keys`` are those."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"changed again since: {', '.join(keys)}")
        self.keys = tuple(keys)


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], secrets: AbstractSet[str]
) -> tuple[KeyChange, ...]:
    """What differs in the file."""
    names = sorted(name for name in before.keys() | after.keys() if _at(before, name) != _at(after, name))
    return tuple(_change(name, before, after, secret=name in secrets) for name in names)


def with_revision(kept: Sequence[Revision], changes: tuple[KeyChange, ...], *, at: float, by: str) -> list[Revision]:
    """The revisions with one more, the oldest gone where there are too many."""
    number = max((revision.number for revision in kept), default=0) + 1
    return [*kept, Revision(number=number, changed_at=at, by=by, changes=changes)][-MOST_REVISIONS:]


def found(kept: Sequence[Revision], number: int | None) -> Revision:
    """The revision of this number, the newest where none is named; raises ``NothingToUndo``."""
    revision = next((each for each in reversed(kept) if number in {None, each.number}), None)
    if revision is None:
        raise NothingToUndo("there is no change to take back" if number is None else f"there is no revision {number}")
    return revision


def undoing(revision: Revision, in_file: Mapping[str, Any]) -> dict[str, Any]:
    """The values that take a revision back, UNSET for keys that are to go.

    Raises:
        NothingToUndo: all that it changed are secrets.
        UndoConflict: something of it was changed again.
    """
    plain = [change for change in revision.changes if not change.secret]
    if not plain:
        raise NothingToUndo(f"revision {revision.number} changed secrets alone, whose values are not kept")
    again = [change.key for change in plain if _at(in_file, change.key) != change.after]
    if again:
        raise UndoConflict(again)
    return {change.key: change.before for change in plain}


def _change(name: str, before: Mapping[str, Any], after: Mapping[str, Any], *, secret: bool) -> KeyChange:
    if secret:
        return KeyChange(key=name, secret=True)
    return KeyChange(key=name, before=_at(before, name), after=_at(after, name))


def _at(values: Mapping[str, Any], name: str) -> Any:
    return values.get(name, msgspec.UNSET)
