"""What the feeds tell, whatever they hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.updates.feeds import MAX_FEED_BYTES, BadFeed, parse_appcast, parse_tags
from codex_proxy.operations.updates.versions import DesktopRelease
from codex_proxy.simulator.sections.updates import UpdateSettings
from codex_proxy.simulator.updates import DIST_TAGS, FEED, PACKAGE, update_reply

SPARKLE = "http://www.andymatuschak.org/xml-namespaces/sparkle"


def appcast(*items: str) -> bytes:
    channel = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" xmlns:sparkle="{SPARKLE}"><channel>{channel}</channel></rss>'.encode()


def item(version: str, build: str = "1", more: str = "") -> str:
    told = (
        f"<sparkle:shortVersionString>{version}</sparkle:shortVersionString><sparkle:version>{build}</sparkle:version>"
    )
    return f'{told}<enclosure url="https://x/app.zip" length="1" type="application/octet-stream"/>{more}'


def served(path: str, **settings: Any) -> bytes:
    return update_reply(path, UpdateSettings(**settings), "http://127.0.0.1:1").body


@pytest.mark.parametrize("form", ["attributes", "elements"])
def test_version_and_build_in_both_forms(form: Any) -> None:
    body = served(FEED, desktop_version="26.1201.5", desktop_build="9100", form=form)
    assert parse_appcast(body) == DesktopRelease(version="26.1201.5", build="9100")


def test_the_newest_release_for_everybody_counts_wherever_it_stands() -> None:
    beta = item("26.9999.1", more="<sparkle:channel>beta</sparkle:channel>")
    body = appcast(item("26.1120.1"), beta, item("26.1201.5", "9100"), item("26.1201.4"), item("26.2000.0-rc1"))
    assert parse_appcast(body) == DesktopRelease(version="26.1201.5", build="9100")
    assert parse_appcast(appcast(item("26.1.1", "x"))) == DesktopRelease(version="26.1.1")


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f"]><rss><channel><item><title>&j;</title>{item('1.0')}</item></channel></rss>"
).encode()
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item>&x;</item></rss>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<rss",
        b"not xml",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><rss/>',
        b"<rss/>",
        BOMB,
        OUTSIDE,
        b"<!DOCTYPE rss>" + appcast(item("26.1.1")),
        b"<a>" * 200_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b" " * (MAX_FEED_BYTES + 1),
        appcast(item("latest")),
        appcast("<title>26.1.1</title>"),
        appcast(*["<title/>"] * 1000, item("26.1.1")),
    ],
    ids=range(15),
)
def test_u_13_a_feed_of_anybodys_making_is_refused(body: bytes) -> None:
    with pytest.raises(BadFeed):
        parse_appcast(body)


@given(st.binary(max_size=100) | st.text(alphabet="<>/abr s='\"&;!", max_size=60).map(str.encode))
def test_u_13_bytes_that_are_no_feed_end_in_a_refusal(body: bytes) -> None:
    for parse in (parse_appcast, parse_tags):
        with pytest.raises(BadFeed):
            parse(body)


@pytest.mark.parametrize("path", [DIST_TAGS, PACKAGE])
def test_the_engines_latest_version(path: str) -> None:
    assert parse_tags(served(path, engine_version="0.170.0", dist_tags={"alpha": "0.171.0-alpha.1"})) == "0.170.0"


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"latest": 5},
        {"latest": "0.171.0-alpha.1"},
        {"latest": "9" * 100},
        {"dist-tags": []},
        {"dist-tags": {"alpha": "1.0"}},
        {"latest": "1.0", "x": "y" * MAX_FEED_BYTES},
    ],
    ids=range(9),
)
def test_u_13_tags_that_tell_no_version(told: Any) -> None:
    with pytest.raises(BadFeed):
        parse_tags(json.dumps(told).encode())
    with pytest.raises(BadFeed):
        parse_tags(b"[" * 100_000)
