"""The update feeds."""

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from codex_proxy.simulator.sections.updates import UpdateSettings
from codex_proxy.simulator.updates import DIST_TAGS, FEED, PACKAGE, update_reply
from tests.simulator.asking import backend

SPARKLE = "{http://www.andymatuschak.org/xml-namespaces/sparkle}"


def versions_of(feed: bytes) -> tuple[str | None, str | None]:
    """Version and build of the first item, in attributes or in elements."""
    item = fromstring(feed).find("channel/item")
    assert item is not None
    enclosure = item.find("enclosure")
    assert enclosure is not None
    names = (f"{SPARKLE}shortVersionString", f"{SPARKLE}version")
    short, build = (enclosure.get(name) or item.findtext(name) for name in names)
    return short, build


@pytest.mark.parametrize("form", ["attributes", "elements"])
def test_the_feed_tells_version_and_build_in_both_forms(form: Any) -> None:
    settings = UpdateSettings(desktop_version='1.2 "<&', desktop_build="77", form=form)
    reply = update_reply(FEED, settings, "http://127.0.0.1:1")
    assert versions_of(reply.body) == ('1.2 "<&', "77")
    assert (b"sparkle:version=" in reply.body) is (form == "attributes")


def test_a_feed_of_anybodys_making_can_be_served() -> None:
    assert update_reply(FEED, UpdateSettings(appcast="<!ENTITY"), "http://x").body == b"<!ENTITY"


async def test_over_http_versions_can_change_while_it_runs() -> None:
    async with backend() as simulated:
        tags = await simulated.client.get(simulated.issuer + DIST_TAGS)
        assert tags.json() == {"latest": "0.169.0"}
        await simulated.play("updates: {engine_version: 0.170.0, dist_tags: {alpha: 0.171.0-alpha.1}}")
        package = (await simulated.client.get(simulated.issuer + PACKAGE.replace("/codex", "%2fcodex"))).json()
        feed = await simulated.client.get(simulated.issuer + FEED)
    assert package["dist-tags"] == {"latest": "0.170.0", "alpha": "0.171.0-alpha.1"}
    assert set(package["versions"]) == {"0.170.0", "0.171.0-alpha.1"}
    assert versions_of(feed.content) == ("26.1120.10001", "9001")
