"""Sessions of the dashboard: opened by a login, ended by rest, by age and by the owner.

Rules of this file: no clock, no randomness.  A session is known by the hash of its token, which is 256 random bits and
lies in a cookie alone; what is shown of it is another name.  A restart ends them all.  Times are epoch seconds.
"""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

LONGEST_SECONDS: Final = 7 * 86_400.0
SUDO_SECONDS: Final = 300.0
CLOCK_SECONDS: Final = 60.0
"""By how much a clock may be set back before sessions of a time to come end: they would live until then and longer."""
MOST_SESSIONS: Final = 64


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is logged in.

    ``session_id`` names it to its owner and opens nothing; ``proved_at`` is when the password was last shown.
    """

    session_id: str
    opened_at: float
    seen_at: float
    proved_at: float
    address: str
    agent: str

    def __repr__(self) -> str:
        return f"Session(session_id={self.session_id!r})"

    def is_fresh(self, now: float) -> bool:
        """Whether the password was shown so lately that secrets may be shown."""
        return 0 <= now - self.proved_at <= SUDO_SECONDS


class SessionBook:
    """The sessions that are open.

    ``rest_seconds`` tells after how long without a request one ends, ``longest_seconds`` how old one may become.
    """

    def __init__(
        self, *, rest_seconds: Callable[[], float], longest_seconds: Callable[[], float] = lambda: LONGEST_SECONDS
    ) -> None:
        self._rest_seconds = rest_seconds
        self._longest_seconds = longest_seconds
        self._by_digest: dict[str, Session] = {}

    def open(self, token: str, session: Session) -> None:
        """Know this session by this token; the one that rested longest goes where there are too many."""
        self._by_digest[_digest(token)] = session
        if len(self._by_digest) > MOST_SESSIONS:
            oldest = min(self._by_digest, key=lambda digest: self._by_digest[digest].seen_at)
            del self._by_digest[oldest]

    def find(self, token: str, now: float) -> Session | None:
        """The session of this token, which counts as seen."""
        digest = _digest(token)
        session = self._by_digest.get(digest)
        if session is None:
            return None
        if self._is_over(session, now):
            del self._by_digest[digest]
            return None
        self._by_digest[digest] = replace(session, seen_at=max(now, session.seen_at))
        return self._by_digest[digest]

    def is_open(self, session_id: str, now: float) -> bool:
        """Whether the session of this name is open; it does not count as seen."""
        return any(each.session_id == session_id and not self._is_over(each, now) for each in self._by_digest.values())

    def end(self, token: str) -> None:
        """Know this token no more."""
        self._by_digest.pop(_digest(token), None)

    def end_by_id(self, session_id: str) -> bool:
        """End the session of this name; False where there is none."""
        found = [digest for digest, session in self._by_digest.items() if session.session_id == session_id]
        for digest in found:
            del self._by_digest[digest]
        return bool(found)

    def end_all(self, *, but: str | None = None) -> int:
        """End every session but the one of this name; how many there were."""
        ended = [digest for digest, session in self._by_digest.items() if session.session_id != but]
        for digest in ended:
            del self._by_digest[digest]
        return len(ended)

    def all(self, now: float) -> tuple[Session, ...]:
        """The sessions that are open, the one seen last first."""
        self._by_digest = {
            digest: session for digest, session in self._by_digest.items() if not self._is_over(session, now)
        }
        return tuple(sorted(self._by_digest.values(), key=lambda session: session.seen_at, reverse=True))

    def _is_over(self, session: Session, now: float) -> bool:
        if session.seen_at - now > CLOCK_SECONDS:
            return True
        return now - session.seen_at > self._rest_seconds() or now - session.opened_at > self._longest_seconds()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
