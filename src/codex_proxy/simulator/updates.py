"""The update feeds: the desktop app's appcast and the engine's package.

Rules of this file: pure.  Source: the Sparkle feed and the npm registry as the public clients read them.
"""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.updates import UpdateSettings

FEED: Final = "/codex-app-prod/appcast.xml"
PACKAGE: Final = "/@openai/codex"
DIST_TAGS: Final = f"/-/package{PACKAGE}/dist-tags"
PATHS: Final = frozenset({FEED, PACKAGE, DIST_TAGS})

_NAMESPACE: Final = "http://www.andymatuschak.org/xml-namespaces/sparkle"


def update_reply(path: str, settings: UpdateSettings, origin: str) -> WireReply:
    """What one of ``PATHS`` answers."""
    tags = {"latest": settings.engine_version} | settings.dist_tags
    if path == FEED:
        feed = settings.appcast if settings.appcast is not None else _appcast(settings, origin)
        return WireReply(status=200, body=feed.encode(), headers=(("content-type", "application/xml"),))
    if path == DIST_TAGS:
        return WireReply(status=200, body=encode(tags))
    return WireReply(status=200, body=encode(_package(tags, origin)))


def _appcast(settings: UpdateSettings, origin: str) -> str:
    url = f"{origin}/codex-app-prod/Codex-{settings.desktop_version}.zip"
    told = {"sparkle:version": settings.desktop_build, "sparkle:shortVersionString": settings.desktop_version}
    attributes = elements = ""
    if settings.form == "attributes":
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in told.items())
    else:
        elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    enclosure = f'<enclosure url={quoteattr(url)} length="1" type="application/octet-stream"{attributes}/>'
    item = f"<item><title>{escape(settings.desktop_version)}</title>{elements}{enclosure}</item>"
    head = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:sparkle="{_NAMESPACE}">'
    return f"{head}<channel><title>Codex</title>{item}</channel></rss>"


def _package(tags: dict[str, str], origin: str) -> JsonObject:
    name = PACKAGE.removeprefix("/")
    versions = {
        version: {"name": name, "version": version, "dist": {"tarball": f"{origin}{PACKAGE}/-/codex-{version}.tgz"}}
        for version in tags.values()
    }
    return {"name": name, "dist-tags": tags, "versions": versions}
