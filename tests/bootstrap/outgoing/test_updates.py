"""Following the versions of the official clients."""

from pathlib import Path

import pytest

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.outgoing.updates import SOON_SECONDS, Updates, is_of_use
from codex_proxy.operations.updates.watch import INTERVAL_SECONDS, UpdatePolicy
from codex_proxy.settings.schema import ApiSection, Settings, UpdateSection
from tests.operations.updates.test_watch import Stage
from tests.scenarios.account_stage import gateway, keep, simulator

HERE, THERE = "http://127.0.0.1:1/backend-api", "https://chatgpt.com/backend-api"
OWN_FEED, REAL_FEED = "http://127.0.0.1:1/feed", UpdateSection().feed_url


@pytest.mark.parametrize(
    ("base_url", "feed_url", "has_accounts", "expected"),
    [
        (THERE, REAL_FEED, True, True),
        (THERE, REAL_FEED, False, False),
        (HERE, REAL_FEED, True, False),
        (HERE, OWN_FEED, True, True),
        ("https://chatgpt.com.example/backend-api", REAL_FEED, True, False),
    ],
)
def test_feeds_are_asked_only_where_somebody_is_shown_what_they_tell(
    base_url: str, feed_url: str, *, has_accounts: bool, expected: bool
) -> None:
    settings = Settings(api=ApiSection(base_url=base_url), update=UpdateSection(feed_url=feed_url))
    assert is_of_use(settings, has_accounts=has_accounts) is expected


async def test_a_newer_version_is_shown_from_then_on_and_after_a_restart(tmp_path: Path) -> None:
    async with simulator("updates: {desktop_version: 27.101.1, engine_version: 0.170.0}") as services:
        await keep(tmp_path, services, await services.grant("one"))
        agents = []
        for _ in range(2):
            async with gateway(tmp_path, services) as play:
                await play.models_fetched()
                await play.chat()
                agents.append(dict((await play.asked())[-1]["headers"])["user-agent"])
    assert "27.101.1" in agents[-1]


def test_whether_looks_are_wanted_again_is_seen_soon() -> None:
    pauses = []
    for policy in (UpdatePolicy(), UpdatePolicy(enabled=False), UpdatePolicy(pinned=True)):
        updates = Updates(watch=Stage(policy).watch, settings=Settings(), pool=AccountPool(affinity=AffinityMap()))
        pauses.append(updates.pause_seconds(True))
    assert pauses == [INTERVAL_SECONDS, SOON_SECONDS, SOON_SECONDS]
