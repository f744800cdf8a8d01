"""The feeds of the official clients: the desktop app's appcast and the engine's tags.

Rules of this file: pure; a feed is somebody else's text, and whatever it holds ends in a release or in ``BadFeed``.
Entities and document types are refused unread.  Source: the Sparkle feed of the app, whose items tell version and build
as attributes of the enclosure or as elements; the npm registry's tags of the engine's package.
"""

from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from codex_proxy.operations.updates.versions import DesktopRelease, is_build, is_newer, is_version

MAX_FEED_BYTES: Final = 1024 * 1024
MAX_ITEMS: Final = 1000
_SPARKLE: Final = "{http://www.andymatuschak.org/xml-namespaces/sparkle}"
_NO_VERSION: Final = "0.0"


class BadFeed(Exception):
    """The feed tells no release; the words hold nothing of it."""


def parse_appcast(body: bytes) -> DesktopRelease:
    """The newest release for everybody in an appcast; items of a channel are for those who chose it.

    Raises:
        BadFeed: it is none, or tells no version.
    """
    if len(body) > MAX_FEED_BYTES:
        raise BadFeed(f"the feed is larger than {MAX_FEED_BYTES} bytes")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise BadFeed("the feed is no XML, or none that is read") from None
    best: DesktopRelease | None = None
    for release in _releases(root):
        if best is None or is_newer(release.version, best.version):
            best = release
    if best is None:
        raise BadFeed("the feed tells no version that is numbers and dots")
    return best


def parse_tags(body: bytes) -> str:
    """The version of the tag ``latest``, in a package's tags or in the whole document of the package.

    Raises:
        BadFeed: there is none, or one that is not numbers and dots.
    """
    if len(body) > MAX_FEED_BYTES:
        raise BadFeed(f"the answer is larger than {MAX_FEED_BYTES} bytes")
    try:
        told: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadFeed("the answer is no JSON") from None
    tags = told.get("dist-tags", told) if isinstance(told, dict) else None
    latest = tags.get("latest") if isinstance(tags, dict) else None
    if not isinstance(latest, str) or not is_version(latest):
        raise BadFeed("the answer tells no latest version that is numbers and dots")
    return latest


def _releases(root: Element) -> Iterator[DesktopRelease]:
    for place, item in enumerate(root.iter("item")):
        if place >= MAX_ITEMS:
            return
        version, build = _told(item, "shortVersionString"), _told(item, "version")
        if item.find(f"{_SPARKLE}channel") is None and is_version(version):
            yield DesktopRelease(version=version, build=build if is_build(build) else None)


def _told(item: Element, name: str) -> str:
    enclosure = item.find("enclosure")
    in_enclosure = None if enclosure is None else enclosure.get(f"{_SPARKLE}{name}")
    return (in_enclosure or item.findtext(f"{_SPARKLE}{name}") or "").strip()
