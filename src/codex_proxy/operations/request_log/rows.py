"""What is told, as rows: columns to look for, and texts of JSON.

Rules of this file: every text that somebody else wrote goes through ``redact`` before it stands in a row; what a client
may make long is cut.  Durations are milliseconds in columns, as they are shown.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.request_log.capturing.bodies import MOST_TEXT, Redact
from codex_proxy.operations.request_log.items import Answered, Told
from codex_proxy.operations.request_log.shapes import EXPECTED, shape_of, signature_of

CostOf: TypeAlias = Callable[[ExchangeRecord], Decimal | None]
"""What an exchange cost in US dollars; None where that is not known."""
ACCOUNTS: Final = "codex"
"""What the accounts' upstream is called where a vendor's name could stand."""
SERVER: Final = "server"
"""The source of what the gateway found itself."""
MOST_NAME: Final = 256
_LEAST_SPAN_SECONDS: Final = 0.02  # below that the speed of an answer says nothing


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange, or one request that became none; ``seq`` is its place in the log, 0 before it has one.

    ``at`` is an epoch second.  ``cost_usd`` is a decimal number, None where no price is known or nothing was counted.
    ``attempts``, ``notes`` and ``decision`` are JSON.
    """

    seq: int = 0
    request_id: str
    at: float
    client_request_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    duration_ms: float
    first_content_ms: float | None = None
    tokens_per_second: float | None = None
    key_id: str | None = None
    dialect: str | None = None
    model_asked: str | None = None
    model_used: str | None = None
    provider: str | None = None
    account_id: str | None = None
    streamed: int = 0
    aborted: int = 0
    effort: str | None = None
    service_tier: str | None = None
    failure: str | None = None
    error: str | None = None
    input_count: int | None = None
    output_count: int | None = None
    cached_count: int | None = None
    reasoning_count: int | None = None
    is_estimated: int = 0
    cost_usd: str | None = None
    attempt_count: int = 0
    attempts: str = "[]"
    notes: str = "[]"
    decision: str | None = None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A failure on its way to its group; ``at`` is an epoch second, ``upstream`` whom it happened with.

    ``request_id`` is None where it happened to no request of the log.
    """

    signature: str
    kind: str
    upstream: str
    model: str
    shape: str
    message: str
    at: float
    request_id: str | None
    source: str = SERVER


def unpriced(_: ExchangeRecord) -> None:
    """Nothing is known of any price."""


def row_of(told: Told, redact: Redact, cost_of: CostOf = unpriced) -> Row:
    """An exchange's row, priced."""
    record = told.record
    last = record.attempts[-1] if record.attempts else None
    usage, first = record.usage, record.first_content_seconds
    return Row(
        request_id=record.request_id,
        at=record.started_at,
        duration_ms=_milliseconds(record.duration_seconds),
        first_content_ms=None if first is None else _milliseconds(first),
        tokens_per_second=_speed(record),
        key_id=record.client_key_id or None,
        dialect=record.dialect,
        model_asked=_name(record.model_asked, redact),
        model_used=_name(record.model_used, redact),
        provider=_upstream(last) if last else None,
        account_id=last.account_row_id if last else None,
        streamed=int(record.streamed),
        aborted=int(record.aborted),
        effort=record.effort,
        service_tier=record.service_tier,
        failure=record.failure.kind.value if record.failure else None,
        error=_text(record.failure.message, redact) if record.failure else None,
        input_count=usage.input_tokens if usage else None,
        output_count=usage.output_tokens if usage else None,
        cached_count=usage.cached_tokens if usage else None,
        reasoning_count=usage.reasoning_tokens if usage else None,
        is_estimated=int(usage.estimated) if usage else 0,
        cost_usd=_cost(record, cost_of),
        attempt_count=len(record.attempts),
        attempts=_json([_attempt(attempt, redact) for attempt in record.attempts]),
        notes=redact(_json(record.notes)),
        decision=_decision(told),
    )


def row_of_answer(answered: Answered, redact: Redact) -> Row:
    """The row of a request that became no exchange."""
    return Row(
        request_id=answered.request_id,
        at=answered.started_at,
        client_request_id=_name(answered.client_request_id, redact),
        method=answered.method[:MOST_NAME],
        path=_text(answered.path, redact),
        status=answered.status,
        duration_ms=_milliseconds(answered.duration_seconds),
        error=_refusal(answered.refusal, redact),
    )


def columns_of_answer(answered: Answered, redact: Redact) -> dict[str, Any]:
    """What an answer adds to its exchange's row."""
    row = row_of_answer(answered, redact)
    return {name: getattr(row, name) for name in ("client_request_id", "method", "path", "status", "duration_ms")}


def trouble_of(row: Row) -> Trouble | None:
    """What the row says to its group of errors; None where nothing unexpected happened."""
    if row.failure is None or row.aborted or row.failure in EXPECTED:
        return None
    upstream, model = row.provider or "", row.model_used or row.model_asked or ""
    shape = shape_of(row.error or "")
    return Trouble(
        signature=signature_of(row.failure, upstream, model, shape),
        kind=row.failure,
        upstream=upstream,
        model=model,
        shape=shape,
        message=row.error or "",
        at=row.at,
        request_id=row.request_id,
    )


def _attempt(attempt: AttemptRecord, redact: Redact) -> dict[str, Any]:
    failure = attempt.failure
    return {
        "accountId": attempt.account_row_id,
        "provider": _upstream(attempt),
        "egress": attempt.egress_name,
        "startedMs": _milliseconds(attempt.started_seconds),
        "durationMs": _milliseconds(attempt.duration_seconds),
        "waitedMs": _milliseconds(attempt.waited_seconds),
        "headersMs": None if attempt.headers_seconds is None else _milliseconds(attempt.headers_seconds),
        "outcome": "answered" if failure is None else failure.kind.value,
        **(_of_failure(failure, redact) if failure else {}),
    }


def _of_failure(failure: Failure, redact: Redact) -> dict[str, Any]:
    told = {
        "status": failure.status,
        "code": None if failure.code is None else _name(failure.code, redact),
        "error": _text(failure.message, redact),
        "upstreamRequestId": None if failure.request_id is None else _name(failure.request_id, redact),
        "retryAfterSeconds": failure.retry_after_seconds,
    }
    return {name: value for name, value in told.items() if value is not None}


def _decision(told: Told) -> str | None:
    found = told.explanation
    if found is None:
        return None
    need = found.need
    return _json(
        {
            "bucket": need.bucket,
            "inConversation": need.conversation is not None,
            "isContinued": need.is_continued,
            "boundTo": need.bound_to,
            "choices": [
                {
                    "at": choice.at,
                    "chosen": choice.chosen,
                    "basis": choice.basis,
                    "waitedMs": _milliseconds(choice.waited_seconds),
                    "passedOver": choice.passed_over,
                    "details": [
                        {"accountId": other.row_id, "reason": other.reason, "until": other.until}
                        for other in choice.details
                    ],
                }
                for choice in found.choices
            ],
        }
    )


def _upstream(attempt: AttemptRecord) -> str:
    return attempt.vendor or ACCOUNTS


def _refusal(body: bytes, redact: Redact) -> str | None:
    """The message in an error's body, whichever dialect's."""
    if not body:
        return None
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    error = told.get("error") if isinstance(told, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return _text(message, redact) if isinstance(message, str) else None


def _speed(record: ExchangeRecord) -> float | None:
    usage, first = record.usage, record.first_content_seconds
    if usage is None or not usage.output_tokens:
        return None
    span = record.duration_seconds - (first or 0.0)
    if span < _LEAST_SPAN_SECONDS:
        span = record.duration_seconds
    return round(usage.output_tokens / span, 1) if span > 0 else None


def _cost(record: ExchangeRecord, cost_of: CostOf) -> str | None:
    cost = None if record.usage is None else cost_of(record)
    return None if cost is None else f"{cost.normalize():f}"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _name(text: str | None, redact: Redact) -> str | None:
    return None if text is None else _told(text, redact)[:MOST_NAME]


def _text(text: str, redact: Redact) -> str:
    return _told(text, redact)[:MOST_TEXT]


def _told(text: str, redact: Redact) -> str:
    return redact(text).encode("utf-8", "replace").decode()


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
