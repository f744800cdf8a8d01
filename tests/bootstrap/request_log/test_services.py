"""The log put together."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.request_log.services import LogGround, make_request_log, policy_of, retention_of
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.operations.request_log.desk import StateChange
from codex_proxy.operations.request_log.state import Level
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.sections.recording import LogsSection, ObservabilitySection
from codex_proxy.storage.request_log.file import LOG_FILE
from tests.operations.egress.stage import StandInKeeper
from tests.operations.error_log.samples import report
from tests.operations.request_log.samples import SECRET, exchange, failed


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
        cost_of=lambda _: Decimal("0.5"),
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
    assert [(row.model_asked, row.cost_usd) for row in news.rows] == [("[redacted]", "0.5")]
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
    retention = retention_of(section, ObservabilitySection(local_error_log=False, max_log_bytes=5_000))
    assert (retention.age_seconds, retention.keeps_errors, retention.error_bytes) == (72 * 3600, False, 5_000)


async def test_an_owner_who_wants_no_errors_has_none(tmp_path: Path) -> None:
    live = Current(Settings(observability=ObservabilitySection(local_error_log=False)))
    log = make_request_log(replace(ground(tmp_path, KnownSecrets()), live=live))
    log.visits.finished(msgspec.structs.replace(failed().record, started_at=SystemClock().now()))
    assert not await log.errors.report(report())
    await log.close()
    assert await log.errors.groups() == ()
    assert (await log.errors.raw(5)).total == 1


async def test_u_05_what_is_reported_holds_no_secret(tmp_path: Path) -> None:
    known = KnownSecrets()
    known.learn(SECRET)
    log = make_request_log(ground(tmp_path, known))
    context = {"authorization": {"deep": "word"}, "url": f"http://x/?key={SECRET}", "count": 3}
    assert await log.errors.report(report(context=context))
    [group] = await log.errors.groups()
    assert group.sample_context == {"authorization": "[redacted]", "url": "http://x/?key=[redacted]", "count": 3}
    await log.close()
    assert SECRET.encode() not in (tmp_path / LOG_FILE).read_bytes()
