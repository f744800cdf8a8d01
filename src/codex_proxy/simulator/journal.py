"""The journal: what the simulator received, in order, for assertions and for curious readers.

Rules of this file: tokens, codes and verifiers are never kept, only their digests; the oldest entries go when it is
full.
"""

import hashlib
from collections import deque
from typing import Any, Final

import msgspec

MAX_ENTRIES: Final = 1000
REDACTED: Final = "Bearer <redacted>"

SECRET_MEMBERS: Final = frozenset(
    {"access_token", "code", "code_verifier", "id_token", "refresh_token", "subject_token", "token"}
)

_SECRET_HEADERS: Final = {"authorization": REDACTED, "cookie": "<redacted>"}


class Entry(msgspec.Struct, kw_only=True):
    """One request.

    ``ordinal`` counts requests from 1 and ``account_ordinal`` those of the same account and endpoint; ``at`` is epoch
    seconds.  ``headers`` are in the order they came, ``body`` is decoded where it was JSON or a form.  ``peer`` is the
    IP address that the connection came from.  ``status`` is what was answered, None while nothing was or when the
    connection was cut first; ``left_early`` that the client went first.
    """

    method: str
    path: str
    at: float
    ordinal: int = 0
    query: str = ""
    http_version: str = ""
    endpoint: str = ""
    peer: str = ""
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    account: str | None = None
    account_ordinal: int = 0
    body: Any = None
    body_bytes: int = 0
    rule: str | None = None
    status: int | None = None
    left_early: bool = False
    ended: bool = False


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secretless(body: Any) -> Any:
    """The members of a login request with digests in the place of secrets."""
    if not isinstance(body, dict):
        return body
    return {
        name: f"sha256:{digest(value)}" if name in SECRET_MEMBERS and isinstance(value, str) else value
        for name, value in body.items()
    }


class Journal:
    """Entries in the order of arrival."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._ordinal = 0
        self._counts: dict[tuple[str | None, str], int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, entry: Entry) -> Entry:
        """Number the entry and keep it; it may be completed later."""
        self._ordinal += 1
        entry.ordinal = self._ordinal
        entry.headers = [(name, _SECRET_HEADERS.get(name, value)) for name, value in entry.headers]
        self._entries.append(entry)
        return entry

    def assign(self, entry: Entry, account: str | None) -> None:
        """Say whose request it is, and count it."""
        key = (account, entry.endpoint)
        self._counts[key] = self._counts.get(key, 0) + 1
        entry.account = account
        entry.account_ordinal = self._counts[key]

    def entries(self) -> list[Entry]:
        """All entries kept, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget entries and counts; ordinals go on, because ids are made of them."""
        self._entries.clear()
        self._counts.clear()
