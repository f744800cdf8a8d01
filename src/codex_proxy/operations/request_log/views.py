"""The log as it is shown.

Rules of this file: member names as the dashboard's API has them (camelCase); durations are milliseconds, times ISO
8601.  Costs are decimal numbers in texts, null where they are not known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.rows import Row
from codex_proxy.operations.request_log.store import Entry
from codex_proxy.operations.transfer.times import iso

INGRESS: Final = "ingress"


class UsageView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Tokens; ``estimated`` marks counts that were made here."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    total_tokens: int
    estimated: bool


class LogSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request, as a line: ``id`` and ``request_id`` are our own, ``client_request_id`` the client's word.

    ``error`` is the message of what went wrong, ``failure`` its kind; ``provider`` is ``codex`` for accounts.
    """

    id: str
    request_id: str
    client_request_id: str | None
    direction: str
    ts: str
    method: str | None
    path: str | None
    dialect: str | None
    model: str | None
    model_asked: str | None
    provider: str | None
    account_id: str | None
    key_id: str | None
    status: int | None
    failure: str | None
    error: str | None
    stream: bool
    aborted: bool
    attempt_count: int
    latency_ms: float
    ttft_ms: float | None
    duration_ms: float
    tokens_per_second: float | None
    cost_usd: str | None
    usage: UsageView | None


class ServerTiming(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the time until the first content went; null where something did not happen or was not measured.

    ``wait_ms`` went by until accounts were chosen and had room, over all attempts; ``earlier_ms`` in attempts before
    the last; ``ttfb_ms`` from the last one's start to its reply's headers, connecting included; ``first_content_ms``
    from these to the first content.
    """

    wait_ms: float | None
    earlier_ms: float | None
    ttfb_ms: float | None
    first_content_ms: float | None


class LogRecord(LogSummary, frozen=True, kw_only=True, rename="camel"):
    """One request whole.

    ``request`` and ``response`` are the client's and ours, ``calls`` what went upstream and what came back, where
    bodies were kept; ``server_timing`` says where the time went, ``decision`` why the accounts, ``notes`` what the
    translation changed.
    """

    effort: str | None
    service_tier: str | None
    server_timing: ServerTiming
    attempts: Any
    decision: Any
    notes: Any
    request: Any
    response: Any
    calls: Any


def summary_of(row: Row) -> LogSummary:
    """A row as a line."""
    return LogSummary(**_members(row))


def record_of(entry: Entry) -> LogRecord:
    """A row whole."""
    row, bodies = entry.row, entry.bodies or {}
    attempts = msgspec.json.decode(row.attempts)
    return LogRecord(
        **_members(row),
        effort=row.effort,
        service_tier=row.service_tier,
        server_timing=_timing(row, attempts),
        attempts=attempts,
        decision=None if row.decision is None else msgspec.json.decode(row.decision),
        notes=msgspec.json.decode(row.notes),
        request=bodies.get("request"),
        response=bodies.get("answer"),
        calls=bodies.get("calls", []),
    )


def _members(row: Row) -> dict[str, Any]:
    return {
        "id": row.request_id,
        "request_id": row.request_id,
        "client_request_id": row.client_request_id,
        "direction": INGRESS,
        "ts": iso(row.at),
        "method": row.method,
        "path": row.path,
        "dialect": row.dialect,
        "model": row.model_used or row.model_asked,
        "model_asked": row.model_asked,
        "provider": row.provider,
        "account_id": row.account_id,
        "key_id": row.key_id,
        "status": row.status,
        "failure": row.failure,
        "error": row.error,
        "stream": bool(row.streamed),
        "aborted": bool(row.aborted),
        "attempt_count": row.attempt_count,
        "latency_ms": row.duration_ms,
        "ttft_ms": row.first_content_ms,
        "duration_ms": row.duration_ms,
        "tokens_per_second": row.tokens_per_second,
        "cost_usd": row.cost_usd,
        "usage": _usage(row),
    }


def _timing(row: Row, attempts: Sequence[Mapping[str, Any]]) -> ServerTiming:
    """Attempts of an older log say nothing of waits and headers."""
    waits = [attempt["waitedMs"] for attempt in attempts if "waitedMs" in attempt]
    last: Mapping[str, Any] = attempts[-1] if attempts else {}
    headers, first = last.get("headersMs"), row.first_content_ms
    return ServerTiming(
        wait_ms=round(sum(waits), 1) if waits else None,
        earlier_ms=round(sum(attempt["durationMs"] for attempt in attempts[:-1]), 1) if attempts else None,
        ttfb_ms=headers,
        first_content_ms=(
            None if headers is None or first is None else round(max(0.0, first - last["startedMs"] - headers), 1)
        ),
    )


def _usage(row: Row) -> UsageView | None:
    if row.input_count is None or row.output_count is None:
        return None
    return UsageView(
        input_tokens=row.input_count,
        output_tokens=row.output_count,
        cached_tokens=row.cached_count or 0,
        reasoning_tokens=row.reasoning_count or 0,
        total_tokens=row.input_count + row.output_count,
        estimated=bool(row.is_estimated),
    )
