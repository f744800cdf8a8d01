"""One log line for each finished exchange: what was asked, what served, how it ended.  No content, no secrets."""

import structlog

from codex_proxy.gateway.ports import ExchangeRecord


class ExchangeLog:
    """Implements the gateway's ``Observer``."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("codex_proxy.exchange")

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        usage = record.usage
        self._log.info(
            "exchange",
            request_id=record.request_id,
            key_id=record.client_key_id,
            dialect=record.dialect,
            model_asked=record.model_asked,
            model_used=record.model_used,
            attempts=[_attempt(attempt.failure) for attempt in record.attempts],
            input_count=usage.input_tokens if usage else None,
            output_count=usage.output_tokens if usage else None,
            ended=record.failure.kind.value if record.failure else "completed",
            reason=record.failure.message if record.failure else None,
            first_content_ms=_milliseconds(record.first_content_seconds),
            duration_ms=_milliseconds(record.duration_seconds),
        )


def _attempt(failure: object) -> str:
    kind = getattr(failure, "kind", None)
    return kind.value if kind is not None else "answered"


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
