"""Whether two runs of one request came to the same.

Rules of this file: pure; ids, times and what is random in an answer are no difference, nor is how long it took.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

_COMMENT: Final = re.compile(r"^:.*\n+", re.MULTILINE)
_ID: Final = re.compile(r'("(?:[a-z_]*id|[a-zA-Z]*Id|obfuscation|system_fingerprint|prompt_cache_key)"\s*:\s*)"[^"]*"')
_TOKEN: Final = re.compile(r"\b(?:resp|msg|chatcmpl|cmpl|req|rs|fc|ctc|call|toolu|ig|ws|item|cmp)_[\w-]+")
_TIME: Final = re.compile(
    r'("(?:created|created_at|completed_at|createTime|created_time|timestamp)"\s*:\s*)(?:[\d.]+|"[^"]*")'
)
_DURATION: Final = re.compile(r'("(?:\w*_duration|latency_ms)"\s*:\s*)[\d.]+')
_AROUND: Final = 60


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that came out differently."""

    what: str
    then: str
    now: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request; ``answer`` is None where it was not kept whole."""

    status: int | None
    failure: str | None
    attempts: tuple[str, ...]
    usage: Mapping[str, Any] | None
    answer: str | None


def outcome_of(record: Mapping[str, Any], answer: str | None) -> Outcome:
    """The outcome that a record of the log tells, and the body that was sent."""
    attempts = record.get("attempts")
    told = [each.get("outcome") for each in attempts if isinstance(each, Mapping)] if isinstance(attempts, list) else []
    usage, status, failure = record.get("usage"), record.get("status"), record.get("failure")
    return Outcome(
        status=status if isinstance(status, int) else None,
        failure=failure if isinstance(failure, str) else None,
        attempts=tuple(str(each) for each in told),
        usage=usage if isinstance(usage, Mapping) else None,
        answer=answer,
    )


def differences(then: Outcome, now: Outcome) -> Iterator[Difference]:
    """What came out differently."""
    for what in ("status", "failure", "attempts", "usage"):
        before, after = getattr(then, what), getattr(now, what)
        if before != after:
            yield Difference(what=what, then=_told(before), now=_told(after))
    if then.answer is not None and now.answer is not None:
        before, after = essence(then.answer), essence(now.answer)
        if before != after:
            at = _parting(before, after)
            start = max(0, at - _AROUND)
            yield Difference(
                what=f"answer, from character {at}", then=before[start : at + _AROUND], now=after[start : at + _AROUND]
            )


def essence(answer: str) -> str:
    """An answer without what no two runs have in common."""
    told = _COMMENT.sub("", answer)
    for pattern, kept in ((_ID, r'\1"…"'), (_TOKEN, "…"), (_TIME, r"\1…"), (_DURATION, r"\1…")):
        told = pattern.sub(kept, told)
    return told


def _parting(before: str, after: str) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )


def _told(value: Any) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
