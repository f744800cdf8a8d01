"""The error log as it is shown.

Rules of this file: times are ISO 8601; member names as older clients of this interface have them.
"""

from typing import Any

import msgspec

from codex_proxy.operations.error_log.store import ErrorGroup, GroupState, KeptReport
from codex_proxy.operations.request_log.desk import LogPage
from codex_proxy.operations.request_log.rows import SERVER, Row
from codex_proxy.operations.transfer.times import iso


class ErrorGroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that are alike; ``samples`` are the latest requests, newest first, ``sample_id`` the first of them.

    ``sample_stack`` and ``sample_context`` are the last report's, null where nobody reported one.
    """

    signature: str
    name: str
    message: str
    shape: str
    count: int
    unread_count: int
    first_seen: str
    last_seen: str
    source: str
    state: GroupState
    upstream: str
    model: str
    sample_id: str | None
    samples: tuple[str, ...]
    sample_stack: str | None
    sample_context: Any


class ErrorWords(msgspec.Struct, frozen=True, kw_only=True):
    """An error's type, message and place."""

    name: str
    message: str
    stack: str | None


class ErrorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One error; ``version`` and ``platform`` are the gateway's when it was reported, null for a request's failure."""

    ts: str
    source: str
    version: str | None
    platform: str | None
    error: ErrorWords
    context: Any
    signature: str | None


class RawErrors(LogPage, frozen=True, kw_only=True):
    """Errors, newest first: ``entries`` are reports and requests that failed, other members the latter alone."""

    entries: tuple[ErrorEntry, ...]


def group_view(group: ErrorGroup) -> ErrorGroupView:
    """A group of errors."""
    latest = group.latest
    return ErrorGroupView(
        signature=group.signature,
        name=group.kind,
        message=group.message,
        shape=group.shape,
        count=group.count,
        unread_count=group.unread_count,
        first_seen=iso(group.first_seen),
        last_seen=iso(group.last_seen),
        source=group.source,
        state=group.state,
        upstream=group.upstream,
        model=group.model,
        sample_id=group.samples[0] if group.samples else None,
        samples=group.samples,
        sample_stack=None if latest is None else latest.stack,
        sample_context=None if latest is None else _context(latest),
    )


def entry_of_report(signature: str, report: KeptReport) -> ErrorEntry:
    """A report as an entry."""
    return ErrorEntry(
        ts=iso(report.at),
        source=report.source,
        version=report.version,
        platform=report.platform,
        error=ErrorWords(name=report.name, message=report.message, stack=report.stack),
        context=_context(report),
        signature=signature,
    )


def entry_of_row(row: Row) -> ErrorEntry:
    """A request that failed as an entry."""
    return ErrorEntry(
        ts=iso(row.at),
        source=SERVER,
        version=None,
        platform=None,
        error=ErrorWords(name=row.failure or f"http_{row.status}", message=row.error or "", stack=None),
        context={
            "request_id": row.request_id,
            "path": row.path,
            "status": row.status,
            "model": row.model_used or row.model_asked,
            "provider": row.provider,
        },
        signature=None,
    )


def _context(report: KeptReport) -> Any:
    return None if report.context is None else msgspec.json.decode(report.context)
