"""What is kept of an account: who it is, what its owner wants of it, and how its credential is.

Rules of this file: pure values; secrets are apart from the rest and never show in a text.  What the owner wants
(``enabled``) and how the credential is (``death``) are two facts; what stands in an account's way for now is a third
and lies in ``lifecycle``: none of them overwrites another.  Times are epoch seconds (UTC).
"""

from enum import StrEnum

import msgspec


class Death(StrEnum):
    """Why a refresh token will never work again; the access token serves on until it expires."""

    EXPIRED = "refresh_token_expired"
    REUSED = "refresh_token_reused"
    REVOKED = "refresh_token_revoked"
    DEACTIVATED = "account_deactivated"
    UNKNOWN_AFTER_CRASH = "unknown_after_crash"


class FingerprintMode(StrEnum):
    """Whether all conversations of an account show one upstream session."""

    OFF = "off"
    SESSION = "session"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who an account is to its issuer.

    Members of one workspace share ``account_id``, one person may hold several workspaces: both halves are needed.
    """

    issuer: str
    account_id: str | None = None
    user_id: str | None = None


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of an account.

    ``access_token`` is None for a refresh token that was never exchanged; ``client_key`` is the key of the account's
    own that imported data brought.
    """

    access_token: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    client_key: str | None = None

    def __repr__(self) -> str:
        held = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        return f"Secrets(holds={held!r})"


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One account as it is kept, without its secrets.

    ``row_id`` is 16 hex digits and never changes; ``generation`` counts credentials, so that news of an old one does
    not hurt a new one; ``revision`` grows with every change of the row; ``followed_file`` is another program's
    credential file that this account's tokens are read from and never written to.
    """

    row_id: str
    identity: Identity
    email: str | None = None
    plan: str | None = None
    label: str | None = None
    enabled: bool = True
    fingerprint_mode: FingerprintMode = FingerprintMode.OFF
    added_at: float = 0.0
    issued_at: float | None = None
    expires_at: float | None = None
    has_refresh_token: bool = False
    generation: int = 0
    death: Death | None = None
    died_at: float | None = None
    followed_file: str | None = None
    revision: int = 0


class RefreshIntent(msgspec.Struct, frozen=True, kw_only=True):
    """Written before a refresh token is sent, so that a crash cannot hide that it may be spent.

    ``digest`` is the SHA-256 of the refresh token in hex; ``earlier_tries`` says how often it may have been sent
    before without anybody knowing what came of it: once is to be tried once more, twice is not.
    """

    row_id: str
    generation: int
    digest: str
    started_at: float
    earlier_tries: int = 0

    @property
    def is_second_try(self) -> bool:
        """Whether the token may have been sent before."""
        return self.earlier_tries > 0


class AccountEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change in an account's life, for its timeline.

    ``before`` and ``after`` are states as the interface shows them, ``evidence`` what was seen (status, code, a
    redacted message, the request's id).
    """

    row_id: str
    at: float
    before: str
    after: str
    reason: str
    evidence: dict[str, str] = {}
