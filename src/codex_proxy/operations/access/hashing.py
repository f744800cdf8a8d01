"""Hashing passwords with argon2id.

Rules of this file: each takes 19 MiB and some 30 ms of a core for as long as it runs, the least that OWASP recommends,
for the gateway rests at little more; so few are hashed at once.  A hash of other parameters still verifies.
"""

import asyncio
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from codex_proxy.access.dashboard.passwords import spelled

TIME_COST: Final = 2
MEMORY_KIB: Final = 19_456
AT_ONCE: Final = 2


class Hashing:
    """Hashes and verifies in threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._decoy: str | None = None

    async def digest(self, password: str) -> str:
        """The text that is kept."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, _raw(password))

    async def fits(self, password: str, digest: str | None) -> bool:
        """Whether the password is this one; without a digest as slow as with one."""
        if digest is None and self._decoy is None:
            self._decoy = await self.digest("nobody's password")
        async with self._room:
            fits = await asyncio.to_thread(self._verify, digest or self._decoy or "", _raw(password))
        return fits and digest is not None

    def _verify(self, digest: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False


def _raw(password: str) -> bytes:
    return spelled(password).encode("utf-8", "surrogatepass")
