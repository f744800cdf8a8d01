"""The request log's parts: the switch, the queue and its thread, the file, the desk and the tail.

Rules of this file: objects are made here, rules are elsewhere.  The file is opened by the first row that is written.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codex_proxy import __version__
from codex_proxy.accounts.choice.explanation import Explanation
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.redaction import redact as redact_members
from codex_proxy.bootstrap.request_log.facts import own_platform
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.redactor import Redactor
from codex_proxy.operations.error_log.desk import ErrorDesk, ErrorDeskParts
from codex_proxy.operations.error_log.reports import Cleaning
from codex_proxy.operations.request_log.desk import DeskParts, LogDesk
from codex_proxy.operations.request_log.rows import CostOf, Row
from codex_proxy.operations.request_log.state import Level, LogPolicy, LogSwitch
from codex_proxy.operations.request_log.store import Retention
from codex_proxy.operations.request_log.tail import Tail
from codex_proxy.operations.request_log.visits import VisitParts, Visits
from codex_proxy.operations.settings.parts import SettingsKeeper
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.sections.recording import LogsSection, ObservabilitySection
from codex_proxy.storage.request_log.error_reading import SqliteErrors
from codex_proxy.storage.request_log.file import LOG_FILE
from codex_proxy.storage.request_log.queue import LogQueue, QueueParts
from codex_proxy.storage.request_log.reading import SqliteLog

NEVER: tuple[str, ...] = ("/admin/logs",)
"""Looking at the log is not logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGround:
    """What the log stands on; ``live`` are the settings in force, ``skips`` beginnings of paths that ask no model."""

    live: Current[Settings]
    keeper: SettingsKeeper
    data_dir: Path
    known: KnownSecrets
    clock: SystemClock
    explain: Callable[[str], Explanation | None]
    skips: tuple[str, ...]
    complain: Callable[[str, Exception], None]
    cost_of: CostOf


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLog:
    """The log."""

    visits: Visits
    desk: LogDesk
    errors: ErrorDesk
    switch: LogSwitch
    tail: Tail
    queue: LogQueue

    async def close(self) -> None:
        """Write what waits."""
        self.tail.close()
        await asyncio.to_thread(self.queue.close)


def make_request_log(ground: LogGround) -> RequestLog:
    """The log; a loop must run."""
    live, tail = ground.live, Tail()
    switch = LogSwitch(policy_of(live.get().logs), now=ground.clock.now)
    retention = live.derived(lambda settings: retention_of(settings.logs, settings.observability))
    path = ground.data_dir / LOG_FILE
    redact = Redactor(ground.known)
    queue = LogQueue(
        QueueParts(
            path=path,
            redact=redact,
            retention=retention,
            now=ground.clock.now,
            written=_teller(tail),
            complain=lambda error: ground.complain("request log", error),
            cost_of=ground.cost_of,
        )
    )
    parts = VisitParts(switch=switch, writer=queue, clock=ground.clock, explain=ground.explain)
    store = SqliteLog(path, queue)
    errors = ErrorDesk(
        ErrorDeskParts(
            errors=SqliteErrors(path, queue, retention),
            log=store,
            cleaning=Cleaning(text=redact, members=redact_members),
            clock=ground.clock,
            version=__version__,
            platform=own_platform(),
            is_on=lambda: retention().keeps_errors,
        )
    )
    desk = LogDesk(
        DeskParts(
            store=store,
            writer=queue,
            switch=switch,
            retention=retention,
            tail=tail,
            keeper=ground.keeper,
        )
    )
    visits = Visits(parts, skips=ground.skips, never=NEVER)
    return RequestLog(visits=visits, desk=desk, errors=errors, switch=switch, tail=tail, queue=queue)


def policy_of(settings: LogsSection) -> LogPolicy:
    """What the settings say is kept."""
    level = Level.BODIES if settings.capture_body else Level.METADATA
    return LogPolicy(
        level=level if settings.enabled else Level.OFF,
        protocol_only=settings.llm_only,
        body_bytes=settings.max_body_bytes,
        bodies_seconds=settings.capture_hours * 3600,
    )


def retention_of(settings: LogsSection, observability: ObservabilitySection) -> Retention:
    """How much the settings say is kept."""
    return Retention(
        count=settings.capacity,
        age_seconds=settings.retention_hours * 3600,
        size_bytes=settings.max_bytes,
        keeps_errors=observability.local_error_log,
        error_bytes=observability.max_log_bytes,
    )


def _teller(tail: Tail) -> Callable[[Sequence[Row]], None]:
    """Tells the tail of what the log's thread has written."""
    loop = asyncio.get_running_loop()

    def tell(rows: Sequence[Row]) -> None:
        if tail.has_readers and not loop.is_closed():
            loop.call_soon_threadsafe(tail.tell, rows)

    return tell
