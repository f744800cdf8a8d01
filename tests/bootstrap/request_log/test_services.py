"""The log put together."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.request_log.services import LogGround, make_request_log, policy_of, retention_of
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.operations.request_log.desk import StateChange
from codex_proxy.operations.request_log.state import Level
from codex_proxy.settings.schema import LogsSection, Settings
from codex_proxy.storage.request_log.file import LOG_FILE
from tests.operations.egress.stage import StandInKeeper
from tests.operations.request_log.samples import SECRET, exchange


def ground(folder: Path, known: KnownSecrets) -> LogGround:
    return LogGround(
        live=Current(Settings()),
        keeper=StandInKeeper(),
        data_dir=folder,
        known=known,
        clock=SystemClock(),
        explain=lambda _: None,
        skips=("/admin/",),
        complain=lambda where, error: pytest.fail(f"{where}: {error}"),
    )


async def test_what_happens_is_written_redacted_and_told_to_who_looks_on(tmp_path: Path) -> None:
    known = KnownSecrets()
    log = make_request_log(ground(tmp_path, known))
    known.learn(SECRET)
    assert not (tmp_path / LOG_FILE).is_file()
    reader = log.tail.join()
    now = SystemClock().now()
    log.visits.finished(exchange(model_asked=SECRET, started_at=now))
    async with asyncio.timeout(10):
        news = await reader.next(patience_seconds=10)
    assert news is not None
    assert [row.model_asked for row in news.rows] == ["[redacted]"]
    await log.close()
    assert await reader.next(patience_seconds=10) is None
    assert (await log.desk.record("req_1")).model_asked == "[redacted]"


async def test_the_switch_is_kept_with_the_owners_settings(tmp_path: Path) -> None:
    keeper = StandInKeeper()
    log = make_request_log(replace(ground(tmp_path, KnownSecrets()), keeper=keeper))
    await log.desk.change(StateChange(enabled=False))
    assert keeper.kept == {"logs.enabled": False}
    await log.close()


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({}, Level.METADATA),
        ({"enabled": False, "capture_body": True}, Level.OFF),
        ({"capture_body": True}, Level.BODIES),
    ],
)
def test_settings_say_how_much_is_kept(settings: dict[str, bool], level: Level) -> None:
    section = LogsSection.model_validate(settings)
    assert (policy_of(section).level, policy_of(section).bodies_seconds) == (level, 86_400.0)
    assert retention_of(section).age_seconds == 72 * 3600
