"""The journal: what the simulator received, for assertions.

Rules of this file: bounded; a bearer token is kept as a digest only.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import msgspec

LIMIT: Final = 1000


class Entry(msgspec.Struct, kw_only=True):
    """One request.  ``client_left`` says that the client went away before the answer's end."""

    number: int
    method: str
    path: str
    headers: list[tuple[str, str]]
    account_id: str | None
    body: Any
    status: int | None = None
    client_left: bool = False


class Journal:
    """Requests in the order they came."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._count = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(
        self, *, method: str, path: str, headers: list[tuple[str, str]], account_id: str | None, body: Any
    ) -> Entry:
        """Note a request; the entry may be completed later."""
        self._count += 1
        entry = Entry(
            number=self._count,
            method=method,
            path=path,
            headers=[(name, _shown(name, value)) for name, value in headers],
            account_id=account_id,
            body=body,
        )
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def as_json(self) -> bytes:
        """All entries as a JSON object."""
        return msgspec.json.encode({"entries": list(self._entries)})


def _shown(name: str, value: str) -> str:
    if name != "authorization":
        return value
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:16]}"
