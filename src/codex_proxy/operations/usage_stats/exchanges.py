"""From what the gateway tells of an exchange to the record that usage statistics keep of it.

Rules of this file: an exchange is its last attempt's account's, or vendor key's; where nobody was asked it is nobody's.
What failed and used nothing costs nothing; what was answered without counts costs nobody knows what.
"""

from decimal import Decimal
from typing import Final

from codex_proxy.canonical.failure import FailureKind, client_status
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.usage.prices.table import NOTHING, DatedPrices
from codex_proxy.usage.records import (
    ACCOUNTS,
    Facts,
    Outcome,
    UsageEvent,
    counts_of,
    kept_text,
    milliseconds,
)

CLIENT_LEFT: Final = 499
"""The status of an exchange that the client left, as web servers log it; nobody reads it."""
PICTURES: Final = frozenset({"openai_images", "openai_image_edits"})
"""Dialects in which a request is for pictures, whoever makes them."""
_OK: Final = 200


def event_of(record: ExchangeRecord, prices: DatedPrices) -> UsageEvent:
    """The record of an exchange."""
    first = record.first_content_seconds
    return UsageEvent(
        event_id=record.request_id,
        at=record.started_at,
        facts=_facts(record),
        counts=counts_of(record.usage, image_count=_images_count(record)),
        model_asked=kept_text(record.model_asked),
        status=_status(record),
        cost=cost_of(record, prices),
        priced_as_of=prices.as_of,
        first_content_ms=None if first is None else milliseconds(first),
        duration_ms=milliseconds(record.duration_seconds),
        attempts_count=len(record.attempts),
        notes_count=len(record.notes),
        streamed=record.streamed,
        image_failed=_image_failed(record),
        effort=kept_text(record.effort),
        service_tier=kept_text(record.service_tier),
    )


def cost_of(record: ExchangeRecord, prices: DatedPrices) -> Decimal | None:
    """What an exchange cost in US dollars; None where that is not known."""
    if record.usage is None:
        return NOTHING if record.failure is not None or not record.attempts else None
    vendor = record.attempts[-1].vendor if record.attempts else None
    return prices.cost(record.model_used or "", record.usage, vendor=vendor, service_tier=record.service_tier)


def _facts(record: ExchangeRecord) -> Facts:
    last = record.attempts[-1] if record.attempts else None
    failure = record.failure
    return Facts(
        client_key_id=record.client_key_id,
        account_id="" if last is None else last.account_row_id,
        vendor="" if last is None else last.vendor or ACCOUNTS,
        model=kept_text(record.model_used),
        dialect=record.dialect,
        outcome=_outcome(record),
        failure="" if failure is None else failure.kind.value,
    )


def _outcome(record: ExchangeRecord) -> Outcome:
    if record.aborted:
        return Outcome.ABORTED
    return Outcome.COMPLETED if record.failure is None else Outcome.FAILED


def _images_count(record: ExchangeRecord) -> int:
    """How many pictures came; of what a vendor answered nobody looks at them, so that it is one."""
    came = record.dialect in PICTURES and record.failure is None and not record.aborted
    return max(record.images_count, int(came))


def _image_failed(record: ExchangeRecord) -> bool:
    failure = record.failure
    return failure is not None and (record.dialect in PICTURES or failure.kind is FailureKind.IMAGE_UNAVAILABLE)


def _status(record: ExchangeRecord) -> int:
    if record.aborted:
        return CLIENT_LEFT
    return _OK if record.failure is None else client_status(record.failure)
