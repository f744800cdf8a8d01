"""Settings of what is kept of requests: the log, errors and usage.

Rules of this file: as of ``schema``.
"""

from typing import Final, Literal

from codex_proxy.settings.keys import LIVE, Section, key

NO_SNAPSHOTS: Final = "each request is recorded when it ends, so that history is finer than any snapshot"


class LogsSection(Section):
    """Logging and the request log."""

    format: Literal["auto", "console", "json"] = key(
        "auto", "Form of log lines on standard error; `auto` is `console` on a terminal, else `json`.", change=LIVE
    )
    level: Literal["debug", "info", "warning", "error"] = key(
        "info", "Least weight of log lines that are written.", change=LIVE
    )
    enabled: bool = key(True, "Whether the request log is kept.", change=LIVE)
    capacity: int = key(10_000, "Records the request log keeps; the oldest go first.", change=LIVE, ge=1, le=1_000_000)
    retention_hours: float = key(72.0, "Hours a record is kept.", change=LIVE, gt=0, le=87_600)
    max_bytes: int = key(
        209_715_200,
        "Bytes the request log may take; the oldest records go first.",
        change=LIVE,
        ge=1,
        le=1_099_511_627_776,
    )
    capture_body: bool = key(
        False, "Whether the bodies of requests and answers are kept with it, without the secrets in them.", change=LIVE
    )
    capture_hours: float = key(
        24.0,
        "Hours after which bodies are no longer kept, unless that is switched on again.",
        change=LIVE,
        gt=0,
        le=87_600,
    )
    max_body_bytes: int = key(
        65_536, "Bytes kept of the beginning of a body, and of its end.", change=LIVE, ge=0, le=1_073_741_824
    )
    llm_only: bool = key(True, "Whether only requests to models are kept.", change=LIVE)


class ObservabilitySection(Section):
    """Errors kept for the owner."""

    local_error_log: bool = key(True, "Whether errors are kept in groups, and reports of errors taken.", change=LIVE)
    max_log_bytes: int = key(
        10_485_760,
        "Bytes of text that these groups may take; those last seen longest ago go first.",
        change=LIVE,
        ge=1024,
    )
    otlp_endpoint: str | None = key(
        None,
        "Base URL of an OpenTelemetry collector (OTLP over HTTP) that is told of requests, such as "
        "http://127.0.0.1:4318; null for none. Needs the extra codex-proxy[otel].",
        file_only=True,
    )


class UsageStatsSection(Section):
    """Usage statistics."""

    enabled: bool = key(
        True, "Whether every exchange is recorded: what it used and cost, never what it said.", change=LIVE
    )
    event_retention_days: int = key(
        7, "Days that single exchanges, and sums of five minutes, are kept; 1 or more.", change=LIVE, ge=1, le=36_500
    )
    history_retention_days: int | None = key(
        None, "Days that hourly sums are kept, 1 or more; null for all. Daily sums stay.", change=LIVE, ge=1, le=36_500
    )
    snapshot_interval_minutes: int = key(5, "Minutes between snapshots of usage.", idle=NO_SNAPSHOTS, ge=0)
    credits_per_usd: float = key(
        25.0,
        "Credits of one US dollar, for what an account's balance is worth; 0 where that is not known.",
        change=LIVE,
        ge=0,
        le=1e9,
    )
