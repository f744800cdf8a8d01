"""What an account has used: the query for it and its answer.

Rules of this file: the HTTP status tells an answer from a refusal, and a refusal is classified as any other call's;
windows are read by their length.  Source: the answer that Codex CLI 0.169 read; header order captured there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import ClientIdentity, Credential
from codex_proxy.protocols.base import InvalidRequest, UpstreamCall
from codex_proxy.protocols.codex.asking.identity import credential_headers, user_agent
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.protocols.codex.rate_limits import number, text
from codex_proxy.protocols.parts.json_text import decode_object

PATHS: Final = ("/wham/usage", "/codex/usage")
"""Where usage is asked for; the second where the first answers 404."""

_SOURCE: Final = "usage"
_KNOWN: Final = frozenset({"plan_type", "rate_limit", "additional_rate_limits", "credits"})


class UsageReading(msgspec.Struct, frozen=True, kw_only=True):
    """An answer.

    ``limits`` is the default bucket with every other one beside it; ``account_id`` and ``user_id`` are whose usage it
    is; ``spend_limit_reached`` tells of a limit that its workspace set.
    """

    limits: RateLimitSnapshot
    account_id: str | None = None
    user_id: str | None = None
    email: str | None = None
    spend_limit_reached: bool | None = None


UsageAnswer: TypeAlias = UsageReading | Failure
"""A reading, or why there is none: ``unauthorized``, ``forbidden`` and its closer kinds, ``challenge``, or what passes
by itself."""


def build_usage_call(client: ClientIdentity, credential: Credential, *, path: str = PATHS[0]) -> UpstreamCall:
    """``GET`` one of ``PATHS``."""
    headers = (("user-agent", user_agent(client)), *credential_headers(credential), ("accept", "*/*"))
    return UpstreamCall(method="GET", path=path, headers=headers)


def parse_usage(status: int, headers: Mapping[str, str], body: bytes) -> UsageAnswer:
    """The answer to a usage query; ``headers`` have lower-case names."""
    if not 200 <= status < 300:
        return parse_failure(status, headers, body)
    try:
        told = decode_object(body)
    except InvalidRequest as error:
        return Failure(kind=FailureKind.GARBLED, message=f"the usage answer is no JSON object: {error}", status=status)
    if not told.keys() & _KNOWN:
        return Failure(kind=FailureKind.GARBLED, message="the usage answer tells of no limit", status=status)
    spend = told.get("spend_control")
    reached = spend.get("reached") if isinstance(spend, dict) else None
    return UsageReading(
        limits=_limits(told),
        account_id=text(told.get("account_id")),
        user_id=text(told.get("user_id")),
        email=text(told.get("email")),
        spend_limit_reached=reached if isinstance(reached, bool) else None,
    )


def _limits(told: JsonObject) -> RateLimitSnapshot:
    reached = told.get("rate_limit_reached_type")
    resets = told.get("rate_limit_reset_credits")
    count = number(resets.get("available_count")) if isinstance(resets, dict) else None
    return msgspec.structs.replace(
        _snapshot(told.get("rate_limit"), "codex"),
        plan_type=text(told.get("plan_type")),
        credits=_credits(told.get("credits")),
        reached_type=text(reached.get("type") if isinstance(reached, dict) else reached),
        reset_credits_available=None if count is None else max(0, int(count)),
        also=tuple(_others(told)),
    )


def _others(told: JsonObject) -> Iterator[RateLimitSnapshot]:
    review = told.get("code_review_rate_limit")
    if isinstance(review, dict):
        yield _snapshot(review, "code_review")
    additional = told.get("additional_rate_limits")
    entries = [entry for entry in additional if isinstance(entry, dict)] if isinstance(additional, list) else []
    for entry in entries:
        name = text(entry.get("limit_name"))
        limit_id = text(entry.get("metered_feature")) or name
        if limit_id is not None:
            yield msgspec.structs.replace(_snapshot(entry.get("rate_limit"), limit_id), limit_name=name)


def _snapshot(limit: Any, limit_id: str) -> RateLimitSnapshot:
    told: JsonObject = limit if isinstance(limit, dict) else {}
    allowed, reached = told.get("allowed"), told.get("limit_reached")
    return RateLimitSnapshot(
        limit_id=limit_id,
        primary=_window(told.get("primary_window")),
        secondary=_window(told.get("secondary_window")),
        limit_reached=reached if isinstance(reached, bool) else None,
        allowed=allowed if isinstance(allowed, bool) else None,
        source=_SOURCE,
    )


def _window(told: Any) -> RateLimitWindow | None:
    if not isinstance(told, dict):
        return None
    seconds = number(told.get("limit_window_seconds"))
    return RateLimitWindow(
        used_percent=number(told.get("used_percent")) or 0.0,
        window_seconds=int(seconds) if seconds else None,
        resets_at=number(told.get("reset_at")),
        resets_in_seconds=number(told.get("reset_after_seconds")),
    )


def _credits(told: Any) -> Credits | None:
    if not isinstance(told, dict):
        return None
    balance = told.get("balance")
    return Credits(
        has_credits=told.get("has_credits") is True,
        unlimited=told.get("unlimited") is True,
        overage_limit_reached=told.get("overage_limit_reached") is True,
        balance=f"{balance}" if isinstance(balance, int | float) else text(balance),
    )
