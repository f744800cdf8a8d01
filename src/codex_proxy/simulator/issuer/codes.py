"""Authorization codes.

Rules of this file: the time is an argument.  A code is good once and for a while, for the client, the redirect and the
verifier it was made for; whoever shows it, well or badly, uses it up.  Source: RFC 6749 §4.1.3, RFC 7636 §4.6.
"""

import base64
import hashlib
import re
from typing import Final

import msgspec

from codex_proxy.simulator.issuer.ledger import Grant
from codex_proxy.simulator.issuer.replies import IssuerRefusal, refuse

VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What a code stands for; ``redirect_uris`` are those that may be named when it is exchanged."""

    grant: Grant
    redirect_uris: frozenset[str]
    challenge: str
    expires_at: float


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it is shown for tokens."""

    code: str
    client_id: str
    redirect_uri: str
    verifier: str


class Codes:
    """The codes that are open, and whose the used ones were."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ordinal = 0
        self._codes: dict[str, Code] = {}
        self._used: set[str] = set()

    def open(self, code: Code) -> str:
        """A code for what was agreed."""
        self._ordinal += 1
        value = f"ac_{hashlib.sha256(f'{self._seed}/{self._ordinal}/{code.expires_at}'.encode()).hexdigest()[:43]}"
        self._codes[value] = code
        return value

    def find(self, value: str) -> Code | None:
        """What a code stands or stood for."""
        return self._codes.get(value)

    def take(self, shown: Shown, *, now: float) -> Grant:
        """What was agreed.

        Raises:
            IssuerRefusal: the code is not good for this.
        """
        code = self._codes.get(shown.code)
        if code is None:
            raise _invalid("the authorization code is unknown")
        if shown.code in self._used:
            raise _invalid("the authorization code was used before")
        self._used.add(shown.code)
        if now >= code.expires_at:
            raise _invalid("the authorization code is expired")
        if shown.client_id != code.grant.client_id:
            raise _invalid("client_id: the authorization code was given to another client")
        if shown.redirect_uri not in code.redirect_uris:
            raise _invalid("redirect_uri: the authorization code was given to another address")
        if not VERIFIER.fullmatch(shown.verifier) or challenge_of(shown.verifier) != code.challenge:
            raise _invalid("code_verifier: does not fit the challenge")
        return code.grant


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _invalid(message: str) -> IssuerRefusal:
    return refuse("invalid_grant", message)
