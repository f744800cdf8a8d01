"""Buckets: what exchanges used, added up by time and by what they are told apart by.

Rules of this file: everything is a whole number, money in billionths of a dollar, so that sums do not depend on the
order or on how often something was added up in between.  A bucket begins at a multiple of its span since the epoch
(UTC); an exchange belongs to the bucket in which it began, however late it is told.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import IntEnum
from typing import Final, TypeAlias

import msgspec

from codex_proxy.usage.prices.table import USD_PLACES
from codex_proxy.usage.records import Facts, Outcome, UsageEvent


class Span(IntEnum):
    """The length of a bucket in seconds."""

    FIVE_MINUTES = 300
    HOUR = 3600
    DAY = 86_400


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What a number of exchanges used together.

    ``image_request_count`` counts exchanges with pictures, ``unpriced_count`` those whose cost is not known,
    ``estimated_count`` those whose tokens nobody counted.  ``first_content_ms`` adds up over ``first_content_count``
    exchanges, ``duration_ms`` over all of them.
    """

    request_count: int = 0
    failed_count: int = 0
    aborted_count: int = 0
    streamed_count: int = 0
    estimated_count: int = 0
    unpriced_count: int = 0
    attempts_count: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    image_input_tokens: int = 0
    image_output_tokens: int = 0
    image_request_count: int = 0
    image_request_failed_count: int = 0
    cost_nano_usd: int = 0
    first_content_count: int = 0
    first_content_ms: int = 0
    duration_ms: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    @property
    def cost(self) -> Decimal:
        """US dollars, of what has a price."""
        return usd(self.cost_nano_usd)


SUMS: Final = Sums.__struct_fields__
NOTHING: Final = Sums()


TOGETHER: Final = ""
EVERYTHING: Final = "*"
FACTS: Final = Facts.__struct_fields__
"""How far buckets tell exchanges apart: not at all, by everything, or by the one fact of that name."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exchange is added up; ``begins_at`` is an epoch second.

    What is asked of one fact or of none is answered from the few buckets that are told ``apart`` by it, instead of from
    all that there are; facts that a bucket is not told apart by are as in no ``Facts`` at all.
    """

    span: Span
    apart: str
    begins_at: int
    facts: Facts


Buckets: TypeAlias = dict[Bucket, Sums]


def usd(nano_usd: int) -> Decimal:
    """Billionths of a dollar in US dollars."""
    return (nano_usd * USD_PLACES).quantize(USD_PLACES)


def nano_usd(cost: Decimal) -> int:
    """US dollars in billionths of a dollar."""
    return int(cost / USD_PLACES)


def begin_of(at: float, span: Span) -> int:
    """When the bucket begins in which this moment lies."""
    return int(at // span) * span


def sums_of(event: UsageEvent) -> Sums:
    """What one exchange used."""
    counts, outcome = event.counts, event.facts.outcome
    return Sums(
        request_count=1,
        failed_count=int(outcome is Outcome.FAILED),
        aborted_count=int(outcome is Outcome.ABORTED),
        streamed_count=int(event.streamed),
        estimated_count=int(counts.estimated),
        unpriced_count=int(event.cost is None),
        attempts_count=event.attempts_count,
        input_tokens=counts.input_tokens,
        cached_tokens=counts.cached_tokens,
        cache_write_tokens=counts.cache_write_tokens,
        output_tokens=counts.output_tokens,
        reasoning_tokens=counts.reasoning_tokens,
        image_input_tokens=counts.image_input_tokens,
        image_output_tokens=counts.image_output_tokens,
        image_request_count=int(counts.image_count > 0),
        image_request_failed_count=int(event.image_failed),
        cost_nano_usd=0 if event.cost is None else nano_usd(event.cost),
        first_content_count=int(event.first_content_ms is not None),
        first_content_ms=event.first_content_ms or 0,
        duration_ms=event.duration_ms,
    )


def added(sums: Iterable[Sums]) -> Sums:
    """All of them together."""
    columns = zip(*(tuple(getattr(each, name) for name in SUMS) for each in sums), strict=True)
    totals = [sum(column) for column in columns]
    return Sums(**dict(zip(SUMS, totals, strict=True))) if totals else NOTHING


def roll_up(events: Iterable[UsageEvent]) -> Buckets:
    """What these exchanges add to the buckets of every span, by everything, by each fact and all together."""
    apart = _grouped((_bucket(event), sums_of(event)) for event in events)
    finest = dict(apart)
    for by in (TOGETHER, *FACTS):
        finest |= _grouped((told_by(bucket, by), sums) for bucket, sums in apart.items())
    hours = _grouped((coarser(bucket, Span.HOUR), sums) for bucket, sums in finest.items())
    days = _grouped((coarser(bucket, Span.DAY), sums) for bucket, sums in hours.items())
    return {**finest, **hours, **days}


def told_by(bucket: Bucket, by: str) -> Bucket:
    """The bucket that is told apart by one fact, or by nothing, in which this one lies."""
    facts = Facts() if by == TOGETHER else Facts(**{by: getattr(bucket.facts, by)})
    return Bucket(span=bucket.span, apart=by, begins_at=bucket.begins_at, facts=facts)


def merged(ones: Mapping[Bucket, Sums], others: Mapping[Bucket, Sums]) -> Buckets:
    """The buckets of both, those that both have added up."""
    return _grouped(item for buckets in (ones, others) for item in buckets.items())


def coarser(bucket: Bucket, span: Span) -> Bucket:
    """The bucket of a longer span in which this one lies."""
    begins_at = begin_of(bucket.begins_at, span)
    return Bucket(span=span, apart=bucket.apart, begins_at=begins_at, facts=bucket.facts)


def _bucket(event: UsageEvent) -> Bucket:
    begins_at = begin_of(event.at, Span.FIVE_MINUTES)
    return Bucket(span=Span.FIVE_MINUTES, apart=EVERYTHING, begins_at=begins_at, facts=event.facts)


def _grouped(items: Iterable[tuple[Bucket, Sums]]) -> Buckets:
    groups: dict[Bucket, list[Sums]] = {}
    for bucket, sums in items:
        groups.setdefault(bucket, []).append(sums)
    return {bucket: sums[0] if len(sums) == 1 else added(sums) for bucket, sums in groups.items()}
