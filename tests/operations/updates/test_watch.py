"""Newer versions are found, kept and told; nothing else ever is."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.updates.feeds import MAX_FEED_BYTES
from codex_proxy.operations.updates.versions import DesktopRelease, TrackedVersions
from codex_proxy.operations.updates.watch import (
    CALLER,
    INTERVAL_SECONDS,
    Feeds,
    UpdatePolicy,
    UpdateWatch,
    VersionsUnreadable,
    WatchParts,
)
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import FakeClock
from tests.operations.updates.test_feeds import appcast, item

NOW = TrackedVersions(engine="0.169.0", desktop="26.1120.10001")
FEEDS = Feeds(desktop="https://feed.invalid/appcast.xml?x=1", engine="https://tags.invalid/dist-tags")
NEWER = TrackedVersions(engine="0.170.0", desktop="26.1201.5", desktop_build="9100")
APPCAST = appcast(item("26.1201.5", "9100"))
TAGS = json.dumps({"latest": "0.170.0"}).encode()


class Stage:
    """A watch over a scripted transport; ``kept`` is the store, ``told`` what ``changed`` heard."""

    def __init__(self, policy: UpdatePolicy | None = None, feeds: Feeds = FEEDS, kept: Any = None) -> None:
        self.transport, self.clock = ScriptedTransport(), FakeClock()
        self.kept: Any = kept
        self.told: list[TrackedVersions] = []
        self.complaints: list[str] = []
        self.jitter = 0.0
        self.shut: Failure | None = None
        parts = WatchParts(
            transport=self.transport,
            route_of=self.route_of,
            store=self,
            clock=self.clock,
            feeds=feeds,
            jitter=lambda: self.jitter,
            changed=self.told.append,
            complain=lambda name, error: self.complaints.append(str(error)),
        )
        self.watch = UpdateWatch(parts, NOW, policy or UpdatePolicy())

    def route_of(self, base_url: str) -> Route:
        if self.shut is not None:
            raise TransportError(self.shut)
        return Route(base_url=base_url, account_id=CALLER)

    def load(self) -> TrackedVersions | None:
        if isinstance(self.kept, str):
            raise VersionsUnreadable(self.kept)
        assert self.kept is None or isinstance(self.kept, TrackedVersions)
        return self.kept

    def keep(self, versions: TrackedVersions) -> None:
        if isinstance(self.kept, str):
            raise VersionsUnreadable(self.kept)
        self.kept = versions

    async def look(self, *bodies: bytes, status: int = 200) -> bool:
        self.transport.add(*(ScriptedReply(status=status, body=(Piece(body),)) for body in bodies))
        return await self.watch.look()


async def test_what_is_newer_is_in_force_kept_and_told() -> None:
    stage = Stage()
    assert await stage.look(APPCAST, TAGS)
    assert stage.watch.versions == stage.kept == NEWER
    assert stage.told == [NEWER]
    report = stage.watch.report
    assert (report.engine_found, report.checked_at, report.errors) == ("0.170.0", stage.clock.time, {})
    assert report.desktop_found == DesktopRelease(version="26.1201.5", build="9100")
    assert await stage.look(APPCAST, TAGS)
    assert stage.told == [NEWER]


async def test_a_feed_is_asked_without_saying_who_asks() -> None:
    stage = Stage()
    await stage.look(APPCAST, TAGS)
    (route, call), (other, tags_call) = stage.transport.calls
    assert (route.base_url, call.path, other.base_url, tags_call.path) == (
        "https://feed.invalid",
        "/appcast.xml?x=1",
        "https://tags.invalid",
        "/dist-tags",
    )
    assert call.headers == tags_call.headers == (("accept", "*/*"),)


async def test_u_13_what_is_older_changes_nothing() -> None:
    stage = Stage()
    assert await stage.look(appcast(item("26.1.1")), b'{"latest": "0.168.0"}')
    assert (stage.watch.versions, stage.kept, stage.told) == (NOW, None, [])
    assert stage.watch.report.engine_found == "0.168.0"


@pytest.mark.parametrize("body", [b"<html>", b" " * (MAX_FEED_BYTES + 2), b"<!DOCTYPE x><rss/>"])
async def test_u_13_a_bad_feed_leaves_its_version_and_the_other_moves(body: bytes) -> None:
    stage = Stage()
    assert not await stage.look(body, TAGS)
    assert stage.watch.versions == TrackedVersions(engine="0.170.0", desktop=NOW.desktop)
    assert stage.watch.report.errors.keys() == {"desktop"}


async def test_u_13_no_more_is_read_than_a_feed_may_have() -> None:
    stage = Stage(feeds=Feeds(desktop=FEEDS.desktop))
    stage.transport.add(ScriptedReply(body=(Piece(b" " * MAX_FEED_BYTES), Piece(b" "), Piece(b" "), Piece(b" "))))
    assert not await stage.watch.look()
    assert len(stage.transport.cancelled) == 1


async def test_what_cannot_be_had_is_said_by_feed() -> None:
    stage = Stage()
    stage.transport.add(ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="no connection")))
    assert not await stage.look(TAGS, status=302)
    assert stage.watch.report.errors == {"desktop": "no connection", "engine": "the answer's status is 302"}


async def test_no_way_out_is_no_reason_to_take_another() -> None:
    stage = Stage()
    stage.shut = Failure(kind=FailureKind.UNREACHABLE, message="the egress cannot be used")
    assert not await stage.look()
    assert stage.transport.calls == []
    assert stage.watch.report.errors == dict.fromkeys(("desktop", "engine"), "the egress cannot be used")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://feed.invalid/", False),
        ("ftp://feed.invalid/", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1:9/", True),
        ("http://localhost:9/", True),
    ],
)
async def test_feeds_are_https_or_on_this_machine(url: str, asked: bool) -> None:
    stage = Stage(feeds=Feeds(desktop=url))
    assert await stage.look(APPCAST) is asked
    assert bool(stage.transport.calls) is asked


@pytest.mark.parametrize("policy", [UpdatePolicy(enabled=False), UpdatePolicy(pinned=True)])
async def test_u_10_off_means_that_nobody_is_asked(policy: UpdatePolicy) -> None:
    stage = Stage(policy)
    assert await stage.look(APPCAST, TAGS)
    assert (stage.transport.calls, stage.watch.versions) == ([], NOW)


def test_what_an_earlier_run_found_is_in_force_unless_it_is_older_or_pinned() -> None:
    stage = Stage(kept=NEWER)
    assert stage.watch.load() == NEWER
    assert stage.told == [NEWER]
    assert Stage(UpdatePolicy(enabled=False), kept=NEWER).watch.load() == NEWER
    assert Stage(UpdatePolicy(pinned=True), kept=NEWER).watch.load() == NOW
    assert Stage(kept=TrackedVersions(engine="0.1.0", desktop="27.1.1")).watch.load() == TrackedVersions(
        engine="0.169.0", desktop="27.1.1"
    )
    assert Stage(kept=TrackedVersions(engine="999999.0", desktop="x")).watch.load() == NOW
    assert Stage().watch.load() == NOW


async def test_what_cannot_be_kept_is_in_force_all_the_same_and_complained_about() -> None:
    stage = Stage(kept="the disk is full")
    assert stage.watch.load() == NOW
    assert await stage.look(APPCAST, TAGS)
    assert stage.watch.versions == NEWER
    assert stage.complaints == ["the disk is full"] * 2


def test_looks_are_three_days_apart_more_or_less_and_sooner_after_a_failure() -> None:
    stage = Stage()
    pauses = []
    for stage.jitter in (-1.0, 0.0, 1.0):
        pauses.append(stage.watch.pause_seconds(succeeded=True) / INTERVAL_SECONDS)
    assert pauses == pytest.approx([0.9, 1.0, 1.1])
    assert stage.watch.pause_seconds(succeeded=False) < INTERVAL_SECONDS / 2


async def test_what_is_configured_anew_holds_where_nothing_newer_was_found_or_where_it_is_pinned() -> None:
    stage = Stage(kept=NEWER)
    stage.watch.load()
    older = TrackedVersions(engine="0.150.0", desktop="26.1.1")
    await stage.watch.follow(older, UpdatePolicy())
    assert (stage.watch.versions, stage.watch.is_asking) == (NEWER, True)
    await stage.watch.follow(older, UpdatePolicy(pinned=True))
    assert (stage.watch.versions, stage.told, stage.watch.is_asking) == (older, [NEWER, older], False)
    newest = TrackedVersions(engine="0.200.0", desktop="27.1.1")
    await stage.watch.follow(newest, UpdatePolicy(enabled=False))
    assert (stage.watch.versions, stage.watch.is_asking) == (newest, False)
