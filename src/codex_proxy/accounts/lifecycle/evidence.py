"""Evidence: what was seen when something happened to an account, and until when it says that it lasts.

Rules of this file: total; whatever is kept is short and holds nothing that looks like a secret.  Times are epoch
seconds (UTC).
"""

import re
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.rate_limits import told_moment, told_wait

_SECRET: Final = re.compile(
    r"\beyJ[\w.-]{8,}"  # JSON web tokens
    r"|\b(?:rt|oaistb_rt|v1)[_.][\w.-]{8,}"  # refresh tokens
    r"|\b(?:sk|cp|cpa|sess|codex-proxy)-[\w-]{8,}"  # keys
    r"|\b[Bb]earer\s+\S+"
    r"|\b[\w.+-]+@[\w-]+\.[\w.-]+",  # e-mail addresses
    re.ASCII,
)
LAG_SECONDS: Final = 60.0
"""For so long after a refusal, good news may be of before it: counters lag, and requests were on their way."""

_MAX_MESSAGE_CHARACTERS: Final = 300
_MAX_WORD_CHARACTERS: Final = 100


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen: HTTP status, the upstream's code and message, the request's id.

    ``message`` is short and without secrets (``evidence_of`` sees to it).  ``asked_at`` is when the request that tells
    this was sent: the success of one that was sent before a refusal says nothing about it.
    """

    status: int | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    asked_at: float | None = None


NOTHING_SEEN: Final = Evidence()


def evidence_of(failure: Failure, *, asked_at: float | None = None) -> Evidence:
    """The evidence that a failure leaves."""
    return Evidence(
        status=failure.status,
        code=_cut(failure.code, _MAX_WORD_CHARACTERS),
        message=_cut(failure.message, _MAX_MESSAGE_CHARACTERS),
        request_id=_cut(failure.request_id, _MAX_WORD_CHARACTERS),
        asked_at=asked_at,
    )


def asked_after(evidence: Evidence, seen_at: float, *, now: float) -> bool:
    """Whether the request that tells this was sent after ``seen_at``; if nobody says, a minute has to be over."""
    if evidence.asked_at is not None:
        return evidence.asked_at >= seen_at
    return now - seen_at >= LAG_SECONDS


def redacted(text: str) -> str:
    """The text without anything that looks like a token, a key or an address."""
    return _SECRET.sub("***", text)


def ends_at(failure: Failure, *, now: float) -> float | None:
    """When the upstream says that this ends; None where it does not say, or names a time that is over."""
    told = told_moment(failure.resets_at)
    if told is not None and told > now:
        return told
    wait = told_wait(failure.retry_after_seconds)
    return now + wait if wait is not None and now + wait > now else None


def _cut(text: str | None, limit: int) -> str | None:
    return None if text is None else redacted(text)[:limit]
