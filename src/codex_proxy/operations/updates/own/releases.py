"""What a package index tells of our releases.

Rules of this file: pure; an index is somebody else's text, and whatever it holds ends in releases or in ``BadIndex``.
A release counts where it is not yanked, has a wheel for this Python with a SHA-256, and is newer by PEP 440; nothing
ever leads back.  Source: the simple API in JSON (PEP 691, 700).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

ACCEPT: Final = "application/vnd.pypi.simple.v1+json"
MAX_INDEX_BYTES: Final = 10 * 1024 * 1024
MAX_CHARACTERS: Final = 32
_HEX: Final = frozenset("0123456789abcdef")


class BadIndex(Exception):
    """The index tells no release; the words hold nothing of it."""


class _File(msgspec.Struct, kw_only=True):
    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = msgspec.field(default=None, name="requires-python")
    yanked: bool | str = False


class _Project(msgspec.Struct, kw_only=True):
    files: list[_File]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release; ``hashes`` are the SHA-256 of its wheels in hexadecimal digits."""

    version: str
    hashes: tuple[str, ...]


def parse_releases(body: bytes, *, name: str, python: str) -> tuple[Release, ...]:
    """The releases of the package ``name`` that this ``python`` (such as ``3.12.4``) can use, oldest first.

    Raises:
        BadIndex: the answer is none of an index.
    """
    if len(body) > MAX_INDEX_BYTES:
        raise BadIndex(f"the answer is larger than {MAX_INDEX_BYTES} bytes")
    try:
        files = msgspec.json.decode(body, type=_Project).files
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadIndex("the answer is no list of files in JSON (PEP 691)") from None
    hashes: defaultdict[Version, list[str]] = defaultdict(list)
    for file in files:
        version = _version_of(file, name=name, python=python)
        if version is not None:
            hashes[version].append(file.hashes["sha256"])
    return tuple(
        Release(version=str(version), hashes=tuple(dict.fromkeys(hashes[version]))) for version in sorted(hashes)
    )


def newest(releases: Iterable[Release], *, than: str, prereleases: bool) -> Release | None:
    """The newest release, where it is newer ``than`` this version; pre-releases count only if they may."""
    best: Release | None = None
    for release in releases:
        version = Version(release.version)
        if (prereleases or not version.is_prerelease) and version > Version(best.version if best else than):
            best = release
    return best


def find(releases: Iterable[Release], version: str) -> Release | None:
    """The release of exactly this version."""
    return next((release for release in releases if Version(release.version) == Version(version)), None)


def project_url(index_url: str, name: str) -> str:
    """Where an index tells of a package."""
    return urljoin(index_url.rstrip("/") + "/", f"{name}/")


def is_version(text: str) -> bool:
    """Whether this is a version by PEP 440, and no longer than any of ours will be."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return len(text) <= MAX_CHARACTERS


def is_index(url: str) -> bool:
    """Whether this can be an index: https, or http, without credentials and anything behind its path."""
    try:
        parts: Any = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = not parts.username and not parts.query and not parts.fragment and port != 0
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain


def _version_of(file: _File, *, name: str, python: str) -> Version | None:
    """The version that a file is a usable wheel of; None for every other file."""
    try:
        project, version, _, _ = parse_wheel_filename(file.filename)
        fits = file.requires_python is None or SpecifierSet(file.requires_python).contains(python, prereleases=True)
    except (InvalidWheelFilename, InvalidVersion, InvalidSpecifier):
        return None
    sha256 = file.hashes.get("sha256", "")
    is_whole = len(sha256) == 64 and _HEX.issuperset(sha256)
    is_ours = project == name and len(str(version)) <= MAX_CHARACTERS
    return version if is_ours and fits and is_whole and not file.yanked else None
