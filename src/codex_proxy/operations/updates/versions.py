"""Versions of the official clients that we present ourselves as: the engine's and the desktop app's.

Rules of this file: pure; a version is numbers and dots and nothing else, and only ever grows; one that leaps ahead is
no version of theirs, since nothing could take it back.
"""

import re
from typing import Final

import msgspec

MAX_CHARACTERS: Final = 32
MAX_LEAP: Final = 5  # of the first number; the app's is a year, the engine's has been 0 throughout
_VERSION: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}", re.ASCII)
_BUILD: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


class TrackedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's version, the desktop app's, and the latter's build number where it is known."""

    engine: str
    desktop: str
    desktop_build: str | None = None


class DesktopRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release of the desktop app; ``build`` is None where the feed gives none that is a number."""

    version: str
    build: str | None = None


def is_version(text: str) -> bool:
    """Whether this is a version: two to four numbers with dots between them."""
    return len(text) <= MAX_CHARACTERS and _VERSION.fullmatch(text) is not None


def is_build(text: str) -> bool:
    """Whether this is a build number."""
    return _BUILD.fullmatch(text) is not None


def is_newer(version: str, than: str) -> bool:
    """Whether ``version`` may take the place of ``than``, which need be no version itself."""
    if not is_version(version):
        return False
    if not is_version(than):
        return True
    new, old = _numbers(version), _numbers(than)
    return new > old and new[0] - old[0] <= MAX_LEAP


def newest(versions: TrackedVersions, *, engine: str | None, desktop: DesktopRelease | None) -> TrackedVersions:
    """The versions after what was found, None for nothing found; each moves for itself, and never back."""
    if engine is not None and is_newer(engine, versions.engine):
        versions = msgspec.structs.replace(versions, engine=engine)
    if desktop is not None and is_newer(desktop.version, versions.desktop):
        versions = msgspec.structs.replace(versions, desktop=desktop.version, desktop_build=desktop.build)
    return versions


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(map(int, version.split(".")))
    return numbers + (0,) * (4 - len(numbers))
