"""What the owner sees of usage: shapes of the control plane, out of sums and records.

Rules of this file: names of members are those that dashboards know (snake_case); money becomes a float here, at the
very end, and nowhere before.  Source: spec, accounts, 11.
"""

from typing import Any, Final

import msgspec

from codex_proxy.operations.transfer.times import iso
from codex_proxy.usage.buckets import Sums, sums_of
from codex_proxy.usage.records import UsageEvent

NANO: Final = 10**9


class CountersView(msgspec.Struct, frozen=True, kw_only=True):
    """What was used.

    ``estimated_cost_usd`` is what the tokens would have cost at the API, of exchanges whose price is known;
    ``unpriced_count`` counts the others, ``estimated_count`` those whose tokens nobody counted.  ``first_content_ms``
    and ``duration_ms`` are means, null without any.
    """

    request_count: int
    failed_count: int
    aborted_count: int
    unpriced_count: int
    estimated_count: int
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    image_input_tokens: int
    image_output_tokens: int
    image_request_count: int
    image_request_failed_count: int
    estimated_cost_usd: float
    first_content_ms: float | None
    duration_ms: float | None


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange; ``status`` is how it ended, ``http_status`` what the client read or would have read.

    ``estimated_cost_usd`` is null where it is not known.
    """

    request_id: str
    client_key_id: str
    account_id: str
    vendor: str
    model: str
    model_asked: str
    dialect: str
    status: str
    http_status: int
    failure: str
    attempts_count: int
    notes_count: int
    streamed: bool
    estimated: bool
    effort: str
    service_tier: str
    estimated_cost_usd: float | None
    priced_as_of: str
    first_content_ms: int | None
    duration_ms: int
    tokens_per_second: float | None


class DataPoint(CountersView, frozen=True, kw_only=True):
    """What was used from ``timestamp`` (ISO 8601) to the next one; raw points are one exchange each."""

    timestamp: str
    group: str | msgspec.UnsetType = msgspec.UNSET
    exchange: ExchangeView | msgspec.UnsetType = msgspec.UNSET


class GroupView(CountersView, frozen=True, kw_only=True):
    """What one group used; ``name`` is what its owner calls it, null without a name."""

    group: str
    name: str | None


def counters(sums: Sums) -> dict[str, Any]:
    """The members of ``CountersView``; one by one, since histories have thousands of them."""
    return {
        "request_count": sums.request_count,
        "failed_count": sums.failed_count,
        "aborted_count": sums.aborted_count,
        "unpriced_count": sums.unpriced_count,
        "estimated_count": sums.estimated_count,
        "input_tokens": sums.input_tokens,
        "cached_tokens": sums.cached_tokens,
        "cache_write_tokens": sums.cache_write_tokens,
        "output_tokens": sums.output_tokens,
        "reasoning_tokens": sums.reasoning_tokens,
        "image_input_tokens": sums.image_input_tokens,
        "image_output_tokens": sums.image_output_tokens,
        "image_request_count": sums.image_request_count,
        "image_request_failed_count": sums.image_request_failed_count,
        "estimated_cost_usd": sums.cost_nano_usd / NANO,
        "first_content_ms": _mean(sums.first_content_ms, sums.first_content_count),
        "duration_ms": _mean(sums.duration_ms, sums.request_count),
    }


def exchange_view(event: UsageEvent) -> ExchangeView:
    """A record as it is shown."""
    facts = event.facts
    return ExchangeView(
        request_id=event.event_id,
        client_key_id=facts.client_key_id,
        account_id=facts.account_id,
        vendor=facts.vendor,
        model=facts.model,
        model_asked=event.model_asked,
        dialect=facts.dialect,
        status=facts.outcome.value,
        http_status=event.status,
        failure=facts.failure,
        attempts_count=event.attempts_count,
        notes_count=event.notes_count,
        streamed=event.streamed,
        estimated=event.counts.estimated,
        effort=event.effort,
        service_tier=event.service_tier,
        estimated_cost_usd=None if event.cost is None else float(event.cost),
        priced_as_of=event.priced_as_of,
        first_content_ms=event.first_content_ms,
        duration_ms=event.duration_ms,
        tokens_per_second=event.tokens_per_second,
    )


def exchange_point(event: UsageEvent) -> DataPoint:
    """A point for one exchange."""
    return point(iso(event.at), sums_of(event), event=event)


def point(timestamp: str, sums: Sums, *, group: str | None = None, event: UsageEvent | None = None) -> DataPoint:
    """A point of a history."""
    return DataPoint(
        timestamp=timestamp,
        group=msgspec.UNSET if group is None else group,
        exchange=msgspec.UNSET if event is None else exchange_view(event),
        **counters(sums),
    )


def _mean(total: int, count: int) -> float | None:
    return round(total / count, 1) if count else None
