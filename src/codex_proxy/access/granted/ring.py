"""The client keys that were handed out, in memory.

Rules of this file: no I/O; a key is looked up by its hash, so that nobody can steer where a look-up ends.
"""

from collections.abc import Iterable, Iterator

from codex_proxy.access.granted.key import GrantedKey, granted_digest
from codex_proxy.canonical.tools import Tool


class GrantedKeys:
    """All of them; empty until somebody puts some in."""

    def __init__(self) -> None:
        self._by_id: dict[str, GrantedKey] = {}
        self._by_digest: dict[str, str] = {}

    def __iter__(self) -> Iterator[GrantedKey]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, secret: str) -> GrantedKey | None:
        """The key that a secret belongs to."""
        if not self._by_digest:
            return None
        key_id = self._by_digest.get(granted_digest(secret))
        return None if key_id is None else self._by_id[key_id]

    def of_id(self, key_id: str) -> GrantedKey | None:
        """The key of a row id."""
        return self._by_id.get(key_id)

    def tools_of(self, key_id: str) -> tuple[Tool, ...] | None:
        """The tools that a key's requests are offered; None where it says nothing of them."""
        key = self._by_id.get(key_id)
        return None if key is None else key.tools

    def take(self, keys: Iterable[GrantedKey]) -> None:
        """These are all there are."""
        self._by_id = {key.key_id: key for key in keys}
        self._by_digest = {key.digest: key.key_id for key in self._by_id.values()}
