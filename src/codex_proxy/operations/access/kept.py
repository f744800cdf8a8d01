"""What is kept of the dashboard's password: its hash, the setup link, and the second factor.

Rules of this file: pure; the password itself is nowhere, the link's token only as a hash.  Times are epoch seconds.
"""

from typing import Protocol

import msgspec


class AdminUnreadable(Exception):
    """What is kept cannot be read or written; one sentence."""


class KeptPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A password, as the text that argon2 makes of it."""

    digest: str
    set_at: float

    def __repr__(self) -> str:
        return "KeptPassword(...)"


class SetupLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that sets the password once; ``digest`` is the keyed hash of its token."""

    digest: str
    expires_at: float

    def __repr__(self) -> str:
        return f"SetupLink(expires_at={self.expires_at!r})"


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A secret shared with an authenticator (base32), in force once a code of it was shown.

    ``last_step`` is the 30-second step of the last code that was taken; ``recovery`` are keyed hashes of codes that
    may stand in for it, each once.
    """

    secret: str
    confirmed: bool = False
    last_step: int = -1
    recovery: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"SecondFactor(confirmed={self.confirmed!r})"


class KeptAdmin(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    password: KeptPassword | None = None
    link: SetupLink | None = None
    factor: SecondFactor | None = None


class AdminStore(Protocol):
    """Where it is kept; both raise ``AdminUnreadable``."""

    def load(self) -> KeptAdmin:
        """What is kept; empty where nothing was yet."""
        ...

    def save(self, kept: KeptAdmin) -> None:
        """Keep this."""
        ...
