"""Records and buckets as rows of their tables, and back."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import asdict
from sqlalchemy import RowMapping

from codex_proxy.usage.buckets import FACTS, Buckets, nano_usd, usd
from codex_proxy.usage.records import Counts, Facts, Outcome, UsageEvent

COUNTS: Final = Counts.__struct_fields__
_OWN: Final = tuple(name for name in UsageEvent.__struct_fields__ if name not in {"facts", "counts", "cost"})


def event_row(event: UsageEvent) -> dict[str, Any]:
    """The row of a record."""
    return {
        **{name: getattr(event, name) for name in _OWN},
        **asdict(event.facts),
        **asdict(event.counts),
        "cost_nano_usd": None if event.cost is None else nano_usd(event.cost),
    }


def event_of(told: RowMapping) -> UsageEvent:
    """The record of a row."""
    facts = {name: told[name] for name in FACTS} | {"outcome": Outcome(told["outcome"])}
    return UsageEvent(
        **{name: told[name] for name in _OWN},
        facts=Facts(**facts),
        counts=Counts(**{name: told[name] for name in COUNTS}),
        cost=None if told["cost_nano_usd"] is None else usd(told["cost_nano_usd"]),
    )


def bucket_rows(buckets: Buckets) -> Iterator[dict[str, Any]]:
    """The rows of buckets."""
    for bucket, sums in buckets.items():
        place = {"span_seconds": int(bucket.span), "apart": bucket.apart, "begins_at": bucket.begins_at}
        yield {**place, **asdict(bucket.facts), **asdict(sums)}
