"""Sessions, their refresh tokens and what was revoked.

Rules of this file: the time is an argument.  A refresh token is spent by its first use; what is asked and answered is
decided elsewhere.  Tokens are kept as digests only.
"""

import hashlib
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.simulator.issuer.replies import EXPIRED, INVALIDATED, IssuerRefusal
from codex_proxy.simulator.journal import digest
from codex_proxy.simulator.tokens import Issue, Person, access_token, id_token

OFFLINE: Final = "offline_access"
_ACCESS_PREFIX: Final = "at_"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody agreed to: who, to which client, and which scope."""

    person: Person
    client_id: str
    scope: str


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which terms tokens are made; ``issuer`` is our own URL as the client calls it."""

    issuer: str
    now: float
    access_token_seconds: float
    refresh_token_seconds: float | None = None


class Session:
    """One login; all tokens that come of it belong together."""

    def __init__(self, grant: Grant, session_id: str) -> None:
        self.grant = grant
        self.session_id = session_id
        self.revoked = False


class RefreshToken:
    """One refresh token; ``ordinal`` counts tokens in the order they were given out."""

    def __init__(self, session: Session, *, ordinal: int, issued_at: float, expires_at: float | None) -> None:
        self.session = session
        self.ordinal = ordinal
        self.issued_at = issued_at
        self.expires_at = expires_at
        self.spent = False

    def state(self, now: float) -> str:
        """``live``, ``spent``, ``revoked`` or ``expired``."""
        if self.session.revoked:
            return "revoked"
        if self.spent:
            return "spent"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "live"


class Ledger:
    """Everything the issuer remembers of tokens; ``seed`` makes them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ordinal = 0
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, RefreshToken] = {}
        self._revoked_up_to: dict[str, int] = {}

    def begin(self, grant: Grant, *, now: float) -> Session:
        """A new login."""
        session = Session(grant, self._name("session", grant.person.account_id, now)[:32])
        self._sessions[session.session_id] = session
        return session

    def issue(self, session: Session, terms: Terms, *, refreshing: bool = True) -> JsonObject:
        """Tokens of a session as the token endpoint gives them; ``refreshing`` False leaves the refresh token out."""
        grant = session.grant
        self._ordinal += 1
        issue = Issue(
            issued_at=terms.now,
            expires_at=terms.now + terms.access_token_seconds,
            issuer=terms.issuer,
            client_id=grant.client_id,
            scope=grant.scope,
            session_id=session.session_id,
            token_id=f"{_ACCESS_PREFIX}{self._ordinal}",
        )
        members: JsonObject = {
            "access_token": access_token(grant.person, issue),
            "id_token": id_token(grant.person, issue),
            "expires_in": int(terms.access_token_seconds),
            "token_type": "Bearer",
            "scope": grant.scope,
        }
        if refreshing and OFFLINE in grant.scope.split():
            members["refresh_token"] = self._give(session, terms)
        return members

    def plant(self, token: str, session: Session, *, now: float) -> RefreshToken:
        """Take a refresh token of somebody else's making for one of ours."""
        self._ordinal += 1
        kept = RefreshToken(session, ordinal=self._ordinal, issued_at=now, expires_at=None)
        self._tokens[digest(token)] = kept
        return kept

    def find(self, token: str) -> RefreshToken | None:
        """The refresh token, None where it was never given out."""
        return self._tokens.get(digest(token))

    def tokens(self) -> dict[str, RefreshToken]:
        """Every refresh token by digest, in the order they were given out."""
        return dict(self._tokens)

    def check(self, token: RefreshToken | None, *, client_id: str, now: float) -> RefreshToken:
        """The token, if it is good but for being spent.

        Raises:
            IssuerRefusal: unknown, revoked, expired, or of another client.
        """
        if token is None or token.session.revoked or token.session.grant.client_id != client_id:
            raise IssuerRefusal(INVALIDATED)
        if not token.spent and token.state(now) == "expired":
            raise IssuerRefusal(EXPIRED)
        return token

    def revoke(self, session: Session) -> None:
        """End a login: its refresh tokens and its access tokens."""
        session.revoked = True

    def revoke_access_tokens(self, account_id: str) -> None:
        """Take back every access token that the account has by now; its refresh tokens stay good."""
        self._revoked_up_to[account_id] = self._ordinal

    def revoke_account(self, account_id: str) -> None:
        """End all logins of an account."""
        for session in self._sessions.values():
            if session.grant.person.account_id == account_id:
                self.revoke(session)

    def is_revoked(self, account_id: str, *, session_id: str | None, token_id: str | None) -> bool:
        """Whether an access token was taken back; ids are those of its claims, None where it has none."""
        session = self._sessions.get(session_id or "")
        if session is not None and session.revoked:
            return True
        number = (token_id or "").removeprefix(_ACCESS_PREFIX)
        ordinal = int(number) if number.isdigit() else 0
        return account_id in self._revoked_up_to and ordinal <= self._revoked_up_to[account_id]

    def _give(self, session: Session, terms: Terms) -> str:
        lasts = terms.refresh_token_seconds
        token = f"rt_{self._name('refresh', session.session_id, terms.now)}"
        self._tokens[digest(token)] = RefreshToken(
            session,
            ordinal=self._ordinal,
            issued_at=terms.now,
            expires_at=None if lasts is None else terms.now + lasts,
        )
        return token

    def _name(self, kind: str, owner: str, now: float) -> str:
        """A name that nothing else has; the time is in it, since a simulator begun anew counts from one again."""
        self._ordinal += 1
        return hashlib.sha256(f"{self._seed}/{kind}/{owner}/{self._ordinal}/{now}".encode()).hexdigest()


def chance(seed: int, *what: object) -> float:
    """A number in [0, 1) that hangs on the seed and on what is decided."""
    words = "/".join(map(str, (seed, *what)))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8]) / 2**64
