"""What a file of accounts says, row by row: a credential, or why there is none.

Rules of this file: pure values; ``index`` counts rows from 1, in a file of lines it is the line.  A reason names no
token, email or password.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from codex_proxy.accounts.issuer import Grant
from codex_proxy.accounts.quota.counters import UsageCounters
from codex_proxy.accounts.record import FingerprintMode


class ReadingRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is read by.

    ``issuer`` and ``client_id`` are those that we exchange refresh tokens with; ``now`` and what ``read_time`` makes of
    an ISO 8601 text (None: that is none) are epoch seconds.  ``include_state`` asks for more than credentials and
    labels.
    """

    issuer: str
    client_id: str
    now: float
    read_time: Callable[[str], float | None]
    include_state: bool = False


class RowState(msgspec.Struct, frozen=True, kw_only=True):
    """What a full export tells beside the credential.

    ``way`` is the account's way out: a proxy's id there, or the word of a mode.  ``client_key`` is the key of the
    account's own.
    """

    enabled: bool = True
    fingerprint_mode: FingerprintMode = FingerprintMode.OFF
    counters: UsageCounters | None = None
    way: str | None = None
    client_key: str | None = None

    def __repr__(self) -> str:
        return f"RowState(enabled={self.enabled!r})"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a file.

    ``proxy_key`` names one of the file's proxies; ``note`` tells what of the row was left out.
    """

    index: int
    grant: Grant
    label: str | None = None
    proxy_key: str | None = None
    state: RowState | None = None
    note: str | None = None

    def __repr__(self) -> str:
        return f"AccountRow(index={self.index!r})"

    def is_good(self, now: float) -> bool:
        """Whether the access token can be used as it is, so that nothing has to be exchanged."""
        return self.grant.secrets.access_token is not None and (self.grant.expires_at or 0.0) > now


class InvalidRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that should be an account and cannot be used."""

    index: int
    reason: str


class SkippedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is none of ours: another service's, or one that is there twice."""

    index: int
    reason: str


Row: TypeAlias = AccountRow | InvalidRow | SkippedRow


class OfferedProxy(msgspec.Struct, frozen=True, kw_only=True):
    """An egress proxy that a file brings, by its parts as they stand there; ``key`` is what its rows call it."""

    key: str
    name: str
    protocol: str
    host: str
    port: str
    username: str
    password: str

    def __repr__(self) -> str:
        return "OfferedProxy(...)"


class AccountFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read."""

    rows: tuple[Row, ...] = ()
    proxies: tuple[OfferedProxy, ...] = ()
