"""Versions of the official clients, from the simulated feeds to what the upstream sees of us."""

from pathlib import Path

from codex_proxy.gateway.ports import Route
from codex_proxy.operations.egress.book import EgressPolicy
from codex_proxy.operations.egress.routes import route_by
from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.operations.updates.watch import CALLER, Feeds, UpdatePolicy, UpdateWatch, WatchParts
from codex_proxy.storage.identity.versions_file import VersionsFile
from tests.scenarios.egress_stage import HERE, EgressStage, egress_stage, two_exits

CONFIGURED = TrackedVersions(engine="0.169.0", desktop="26.1120.10001")
FOUND = TrackedVersions(engine="0.170.0", desktop="26.1201.5", desktop_build="9100")
SCENARIO = 'updates: {engine_version: 0.170.0, desktop_version: 26.1201.5, desktop_build: "9100"}'


def watch_of(stage: EgressStage, data_dir: Path, told: list[TrackedVersions]) -> UpdateWatch:
    def route_of(base_url: str) -> Route:
        return route_by(stage.book.way(CALLER), base_url=base_url, row_id=CALLER)

    parts = WatchParts(
        transport=stage.transport,
        route_of=route_of,
        store=VersionsFile(data_dir),
        clock=stage.clock,
        feeds=Feeds(desktop=stage.urls.feed, engine=stage.urls.dist_tags),
        jitter=lambda: 0.0,
        changed=told.append,
        complain=lambda name, error: None,
    )
    return UpdateWatch(parts, CONFIGURED, UpdatePolicy())


async def test_newer_versions_are_found_kept_and_in_force_after_a_restart(tmp_path: Path) -> None:
    told: list[TrackedVersions] = []
    async with egress_stage(SCENARIO) as stage:
        assert await watch_of(stage, tmp_path, told).look()
        assert told == [FOUND]
        assert watch_of(stage, tmp_path, told).load() == FOUND
        await stage.backend.put("/__scenario", content="updates: {engine_version: 0.168.0}")
        after = watch_of(stage, tmp_path, told)
        after.load()
        assert await after.look()
        assert after.versions == FOUND


async def test_feeds_are_asked_by_the_global_way_and_not_beside_it(tmp_path: Path) -> None:
    async with two_exits() as (here, _), egress_stage(SCENARIO) as stage:
        stage.book.change_policy(EgressPolicy(global_url=here.url("socks5")))
        assert await watch_of(stage, tmp_path, []).look()
        assert {entry["peer"] for entry in await stage.journal()} == {HERE}
        await here.stop()
        failing = watch_of(stage, tmp_path, [])
        assert not await failing.look()
        assert all("the egress the global proxy" in words for words in failing.report.errors.values())
        assert len(await stage.journal()) == 2


async def test_u_13_a_hostile_feed_changes_nothing(tmp_path: Path) -> None:
    scenario = "updates: {engine_version: 0.1.0-rc1, appcast: '<!DOCTYPE r [<!ENTITY a \"a\">]><rss>&a;</rss>'}"
    told: list[TrackedVersions] = []
    async with egress_stage(scenario) as stage:
        watch = watch_of(stage, tmp_path, told)
        assert not await watch.look()
        assert (watch.versions, told, VersionsFile(tmp_path).load()) == (CONFIGURED, [], None)
        assert watch.report.errors.keys() == {"desktop", "engine"}
