"""Credits that empty an account's windows when they are redeemed.

Rules of this file: the time is an argument; a request id redeems once, whatever is sent with it later.  Source: request
and outcomes in the public source of the Codex CLI; times are RFC 3339.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.codex.strictness.refusal import error
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.accounts import ResetCreditSettings


class ResetCredit:
    """One credit."""

    def __init__(self, credit_id: str, settings: ResetCreditSettings, *, now: float) -> None:
        self.credit_id = credit_id
        self.granted_at = now
        self.expires_at = now + settings.expires_in_seconds
        self.reset_type = settings.reset_type
        self.redeemed_at: float | None = None

    def status(self, now: float) -> str:
        """``available``, ``redeemed`` or ``expired``."""
        if self.redeemed_at is not None:
            return "redeemed"
        return "available" if now < self.expires_at else "expired"

    def told(self, now: float) -> JsonObject:
        """The credit as it is listed."""
        return {
            "id": self.credit_id,
            "status": self.status(now),
            "reset_type": self.reset_type,
            "granted_at": _stamp(self.granted_at),
            "expires_at": _stamp(self.expires_at),
            "redeemed_at": None if self.redeemed_at is None else _stamp(self.redeemed_at),
        }


class ResetCredits:
    """The credits of one account; ``owner`` tells its ids from those of others."""

    def __init__(self, settings: Sequence[ResetCreditSettings], *, owner: str, now: float) -> None:
        self._credits = [
            ResetCredit(f"rlrc_{hashlib.sha256(f'{owner}/{number}'.encode()).hexdigest()[:24]}", each, now=now)
            for number, each in enumerate(settings)
        ]
        self._outcomes: dict[str, str] = {}

    def available(self, now: float) -> list[ResetCredit]:
        """Those that can be redeemed, the one that expires first in front."""
        open_ = [each for each in self._credits if each.status(now) == "available"]
        return sorted(open_, key=lambda each: each.expires_at)

    def listing(self, now: float) -> WireReply:
        """``GET /wham/rate-limit-reset-credits``."""
        told = {
            "available_count": len(self.available(now)),
            "credits": [each.told(now) for each in self._credits],
        }
        return WireReply(status=200, body=encode(told))

    def consume(self, body: JsonObject, *, now: float, restart: Callable[[float], bool]) -> WireReply:
        """``POST /wham/rate-limit-reset-credits/consume``; ``restart`` empties the windows, True if they held anything.

        Raises:
            Refused: ``redeem_request_id`` is no version 4 UUID, or ``credit_id`` no text.
        """
        request_id, chosen = _request_id(body), body.get("credit_id")
        if chosen is not None and not isinstance(chosen, str):
            raise error("credit_id: expected a string", param="credit_id")
        if self._outcomes.get(request_id) == "reset":
            return _outcome("already_redeemed")
        self._outcomes[request_id] = outcome = self._redeem(chosen, now, restart)
        return _outcome(outcome)

    def _redeem(self, chosen: str | None, now: float, restart: Callable[[float], bool]) -> str:
        fitting = [each for each in self.available(now) if chosen in {None, each.credit_id}]
        if not fitting:
            return "no_credit"
        if not restart(now):
            return "nothing_to_reset"
        fitting[0].redeemed_at = now
        return "reset"


def _request_id(body: JsonObject) -> str:
    told = body.get("redeem_request_id")
    try:
        parsed = uuid.UUID(told) if isinstance(told, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != 4:
        raise error("redeem_request_id: expected a version 4 UUID", param="redeem_request_id")
    return str(parsed)


def _outcome(code: str) -> WireReply:
    return WireReply(status=200, body=encode({"code": code}))


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
