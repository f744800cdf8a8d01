"""Every refresh token that was ever sent to us: how often, when, and what came of it.

Rules of this file: nothing is forgotten; tokens are told by their SHA-256, the same digest that a gateway's notes have.
"""

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.simulator.issuer.ledger import Ledger


class Sending(msgspec.Struct, kw_only=True):
    """One time that a token was sent.

    ``at`` is epoch seconds, ``reason`` the client's word.  ``spent`` says that this sending used the token up;
    ``answer`` is ``granted``, an error's code, a status, or ``cut`` and ``stall`` where nothing was answered; None
    while nothing has happened yet.
    """

    at: float
    reason: str | None = None
    spent: bool = False
    answer: str | None = None


class Sendings:
    """Sendings by token."""

    def __init__(self) -> None:
        self._sendings: dict[str, list[Sending]] = {}

    def note(self, token_digest: str, *, at: float, reason: str | None) -> Sending:
        """A token was sent; what comes of it is told later."""
        sending = Sending(at=at, reason=reason)
        self._sendings.setdefault(token_digest, []).append(sending)
        return sending

    def count(self, token_digest: str) -> int:
        """How often a token was sent."""
        return len(self._sendings.get(token_digest, []))

    def report(self, ledger: Ledger, now: float) -> JsonObject:
        """Every token given out or sent: those given out in their order, then unknown ones."""
        known = ledger.tokens()
        told = [
            {
                "digest": token_digest,
                "account": token.session.grant.person.account_id,
                "user": token.session.grant.person.user_id,
                "session": token.session.session_id,
                "issued_at": token.issued_at,
                "state": token.state(now),
                "sendings": msgspec.to_builtins(self._sendings.get(token_digest, [])),
            }
            for token_digest, token in known.items()
        ]
        told += [
            {"digest": token_digest, "state": "unknown", "sendings": msgspec.to_builtins(sendings)}
            for token_digest, sendings in self._sendings.items()
            if token_digest not in known
        ]
        return {"refresh_tokens": told}
