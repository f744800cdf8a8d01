"""The record of one exchange, as usage statistics keep it.

Rules of this file: no content and no secret; every number is one that can be added up and kept by any database, and
every text one that can be kept, whatever an upstream counted and a client called its model.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.canonical.usage import Usage
from codex_proxy.usage.prices.table import counted

ACCOUNTS: Final = "codex"
"""What stands for a vendor where an account answered."""
MOST_TEXT: Final = 200
MOST_MILLISECONDS: Final = 10**10  # a third of a year
FAST_MILLISECONDS: Final = 20  # an answer that came all at once says nothing about its pace
_UNKEPT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Outcome(StrEnum):
    """How an exchange ended; ``aborted`` is one that the client left."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one exchange; those of a tool that makes pictures stand apart.  ``image_count`` counts pictures."""

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    image_input_tokens: int = 0
    image_output_tokens: int = 0
    image_count: int = 0
    estimated: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What exchanges are told apart by; empty where there is none of it.

    ``account_id`` is the row id of the account, or of the vendor key, that was asked last.  ``model`` is the one that
    was used, by the upstream's name; ``failure`` is the kind of a failure.
    """

    client_key_id: str = ""
    account_id: str = ""
    vendor: str = ""
    model: str = ""
    dialect: str = ""
    outcome: Outcome = Outcome.COMPLETED
    failure: str = ""


class UsageEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange.

    ``event_id`` is our request id, ``at`` its start (epoch seconds).  ``status`` is the HTTP status that the failure
    means to the client, 200 without one.  ``cost`` is in US dollars by the prices of ``priced_as_of``, None where it is
    not known.  ``first_content_ms`` is None without content.  ``image_failed`` says that pictures were refused.
    """

    event_id: str
    at: float
    facts: Facts
    counts: Counts
    model_asked: str = ""
    status: int = 200
    cost: Decimal | None = None
    priced_as_of: str = ""
    first_content_ms: int | None = None
    duration_ms: int = 0
    attempts_count: int = 0
    notes_count: int = 0
    streamed: bool = False
    image_failed: bool = False
    effort: str = ""
    service_tier: str = ""

    @property
    def tokens_per_second(self) -> float | None:
        """The pace of the answer after its first content, where that took a while, else of the whole; one decimal."""
        if not self.counts.output_tokens:
            return None
        after = 0 if self.first_content_ms is None else self.duration_ms - self.first_content_ms
        taken = after if after >= FAST_MILLISECONDS else self.duration_ms
        return round(self.counts.output_tokens * 1000 / taken, 1) if taken > 0 else None


def counts_of(usage: Usage | None, *, image_count: int = 0) -> Counts:
    """The tokens of an answer as they are kept."""
    if usage is None:
        return Counts(image_count=counted(image_count))
    image = usage.image
    return Counts(
        input_tokens=counted(usage.input_tokens),
        cached_tokens=counted(usage.cached_tokens),
        cache_write_tokens=counted(usage.cache_write_tokens or 0),
        output_tokens=counted(usage.output_tokens),
        reasoning_tokens=counted(usage.reasoning_tokens),
        image_input_tokens=0 if image is None else counted(image.input_tokens),
        image_output_tokens=0 if image is None else counted(image.output_tokens),
        image_count=max(counted(image_count), int(image is not None)),
        estimated=usage.estimated,
    )


def kept_text(text: str | None) -> str:
    """A text that every database keeps: short, without control characters and halves of characters."""
    if not text:
        return ""
    short = text[:MOST_TEXT]
    return short if short.isprintable() else _UNKEPT.sub("", short)


def milliseconds(seconds: float) -> int:
    """A duration as it is kept; nothing where it is none."""
    return round(min(seconds * 1000, MOST_MILLISECONDS)) if seconds > 0 else 0
