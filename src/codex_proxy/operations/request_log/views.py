"""The log as it is shown.

Rules of this file: member names as the dashboard's API has them (camelCase); durations are milliseconds, times ISO
8601.  A price that is not known is null.
"""

from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.rows import Row
from codex_proxy.operations.request_log.store import Entry, ErrorGroup
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


class LogRecord(LogSummary, frozen=True, kw_only=True, rename="camel"):
    """One request whole.

    ``request`` and ``response`` are the client's and ours, ``calls`` what went upstream and what came back, where
    bodies were kept; ``decision`` says why the accounts, ``notes`` what the translation changed.
    """

    effort: str | None
    service_tier: str | None
    attempts: Any
    decision: Any
    notes: Any
    request: Any
    response: Any
    calls: Any


class ErrorGroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Failures that are alike; ``samples`` are the latest requests, newest first, ``sample_id`` the first of them."""

    signature: str
    name: str
    message: str
    shape: str
    count: int
    first_seen: str
    last_seen: str
    source: str
    upstream: str
    model: str
    sample_id: str | None
    samples: tuple[str, ...]


def summary_of(row: Row) -> LogSummary:
    """A row as a line."""
    return LogSummary(**_members(row))


def record_of(entry: Entry) -> LogRecord:
    """A row whole."""
    row, bodies = entry.row, entry.bodies or {}
    return LogRecord(
        **_members(row),
        effort=row.effort,
        service_tier=row.service_tier,
        attempts=msgspec.json.decode(row.attempts),
        decision=None if row.decision is None else msgspec.json.decode(row.decision),
        notes=msgspec.json.decode(row.notes),
        request=bodies.get("request"),
        response=bodies.get("answer"),
        calls=bodies.get("calls", []),
    )


def group_view(group: ErrorGroup) -> ErrorGroupView:
    """A group of errors."""
    return ErrorGroupView(
        signature=group.signature,
        name=group.kind,
        message=group.message,
        shape=group.shape,
        count=group.count,
        first_seen=iso(group.first_seen),
        last_seen=iso(group.last_seen),
        source="server",
        upstream=group.upstream,
        model=group.model,
        sample_id=group.samples[0] if group.samples else None,
        samples=group.samples,
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
        "cost_usd": None,
        "usage": _usage(row),
    }


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
