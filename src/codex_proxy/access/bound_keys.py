"""Keys bound to accounts: whoever shows one is served by its account, and by no other.

Rules of this file: no I/O; secrets are hashed and forgotten.  A key is looked up by its keyed hash, so that nobody
can steer where a look-up ends and thousands of keys cost as much as one.  Imported data may bring keys of any form:
one of less than 128 bits opens nothing.
"""

import re
from collections.abc import Iterable
from typing import Final

from codex_proxy.access.keys import digest_of

FORM: Final = re.compile(r"codex-proxy-[0-9a-f]{32,128}")


class BoundKeys:
    """The keys of accounts by row id; ``pepper`` keys their hashes."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._digests: dict[str, str] = {}
        self._row_ids: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._digests)

    def bind(self, row_id: str, secret: str | None) -> None:
        """An account has this key from now on, or none; a key that another one had before it stays with that one."""
        digest = None if secret is None or FORM.fullmatch(secret) is None else digest_of(secret, self._pepper)
        if digest == self._digests.get(row_id):
            return
        self.release((row_id,))
        if digest is not None:
            self._digests[row_id] = digest
            self._row_ids.setdefault(digest, []).append(row_id)

    def release(self, row_ids: Iterable[str]) -> None:
        """These accounts are gone, and their keys with them."""
        for row_id in row_ids:
            digest = self._digests.pop(row_id, None)
            if digest is None:
                continue
            self._row_ids[digest].remove(row_id)
            if not self._row_ids[digest]:
                del self._row_ids[digest]

    def find(self, secret: str) -> str | None:
        """The row id of the account that a key is bound to."""
        if FORM.fullmatch(secret) is None:
            return None
        row_ids = self._row_ids.get(digest_of(secret, self._pepper))
        return None if row_ids is None else row_ids[0]
