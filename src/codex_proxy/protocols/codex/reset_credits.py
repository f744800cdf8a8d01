"""Credits that reset an account's limits by hand: the list of them, and redeeming one.

Rules of this file: redeeming is asked for under an id that makes asking again harmless.  Source: request and outcomes
in the public source of the Codex CLI; times are the upstream's texts (RFC 3339).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ClientIdentity, Credential
from codex_proxy.protocols.base import InvalidRequest, UpstreamCall
from codex_proxy.protocols.codex.asking.identity import credential_headers, user_agent
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.protocols.codex.rate_limits import number, text
from codex_proxy.protocols.parts.json_text import decode_object, encode

PATH: Final = "/wham/rate-limit-reset-credits"


class ResetCredit(msgspec.Struct, frozen=True, kw_only=True):
    """One credit as the upstream tells it; ``status`` is ``available`` while it can be redeemed."""

    id: str
    status: str | None = None
    reset_type: str | None = None
    granted_at: str | None = None
    expires_at: str | None = None
    redeemed_at: str | None = None


class ResetCredits(msgspec.Struct, frozen=True, kw_only=True):
    """An account's credits; ``next_expires_at`` is when the first available one is lost."""

    available_count: int
    credits: tuple[ResetCredit, ...] = ()
    next_expires_at: str | None = None


class Redeemed(StrEnum):
    """What became of redeeming a credit."""

    RESET = "reset"
    ALREADY_REDEEMED = "already_redeemed"
    NOTHING_TO_RESET = "nothing_to_reset"
    NO_CREDIT = "no_credit"


CreditsAnswer: TypeAlias = ResetCredits | Failure
RedeemAnswer: TypeAlias = Redeemed | Failure
"""An outcome, or a failure; after one that may have been sent nobody knows the outcome: ask again with the same id."""


def build_credits_call(client: ClientIdentity, credential: Credential) -> UpstreamCall:
    """``GET`` the list."""
    headers = (("user-agent", user_agent(client)), *credential_headers(credential), ("accept", "*/*"))
    return UpstreamCall(method="GET", path=PATH, headers=headers)


def build_redeem_call(client: ClientIdentity, credential: Credential, *, request_id: str) -> UpstreamCall:
    """``POST`` that redeems a credit; ``request_id`` is a version 4 UUID, the same for every repetition."""
    headers = (
        ("user-agent", user_agent(client)),
        *credential_headers(credential),
        ("content-type", "application/json"),
        ("accept", "*/*"),
    )
    body = encode({"redeem_request_id": request_id})
    return UpstreamCall(method="POST", path=f"{PATH}/consume", headers=headers, body=body)


def parse_credits(status: int, headers: Mapping[str, str], body: bytes) -> CreditsAnswer:
    """The list; an upstream that does not know of credits (404) has none."""
    if status == 404:
        return ResetCredits(available_count=0)
    told = _answer(status, headers, body)
    if isinstance(told, Failure):
        return told
    listed = told.get("credits")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    credits_ = tuple(_credit(name, entry) for entry in entries if (name := text(entry.get("id"))) is not None)
    available = [credit for credit in credits_ if credit.status == "available"]
    count = number(told.get("available_count"))
    return ResetCredits(
        available_count=len(available) if count is None else max(0, int(count)),
        credits=credits_,
        next_expires_at=min((credit.expires_at for credit in available if credit.expires_at), default=None),
    )


def parse_redeemed(status: int, headers: Mapping[str, str], body: bytes) -> RedeemAnswer:
    """What became of redeeming a credit."""
    told = _answer(status, headers, body)
    if isinstance(told, Failure):
        return told
    try:
        return Redeemed(str(told.get("code")))
    except ValueError:
        return Failure(kind=FailureKind.GARBLED, message="the answer names no known outcome", status=status)


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> JsonObject | Failure:
    if not 200 <= status < 300:
        return parse_failure(status, headers, body)
    try:
        return decode_object(body)
    except InvalidRequest as error:
        return Failure(kind=FailureKind.GARBLED, message=f"the answer is no JSON object: {error}", status=status)


def _credit(credit_id: str, entry: JsonObject) -> ResetCredit:
    return ResetCredit(
        id=credit_id,
        status=text(entry.get("status")),
        reset_type=text(entry.get("reset_type")),
        granted_at=text(entry.get("granted_at")),
        expires_at=text(entry.get("expires_at")),
        redeemed_at=text(entry.get("redeemed_at")),
    )
