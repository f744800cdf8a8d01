"""The dashboard's password: set, shown, changed, and with a second factor.

Rules of this file: whoever guesses waits longer and longer, however many guess at once; what was wrong, password or
code, is not told.  A new password ends every session.  A password from the settings is not kept and not changed here.
How long a guesser waits goes by a clock that nobody sets; other times are epoch seconds.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from codex_proxy.access.dashboard.guessing import GuessLimits
from codex_proxy.access.dashboard.passwords import why_not
from codex_proxy.access.dashboard.sessions import Session, SessionBook
from codex_proxy.operations.access.hashing import Hashing
from codex_proxy.operations.access.kept import AdminStore, KeptAdmin, KeptPassword, SecondFactor
from codex_proxy.operations.access.second_factor import (
    kept_form,
    new_secret,
    provisioning_uri,
    recovery_codes,
    taken,
)
from codex_proxy.operations.access.setup_links import SetupLinks

MOST_AGENT: Final = 200


class NoPassword(Exception):
    """There is no password yet."""


class PasswordConfigured(Exception):
    """The password stands in the settings and is changed there."""


class PasswordRefused(Exception):
    """This may not be a password; one sentence."""


class WrongCredentials(Exception):
    """Password or code are wrong."""


class LinkUnusable(Exception):
    """There is no such setup link, or none any more."""


class FactorUnusable(Exception):
    """The second factor is not in the state that this needs; one sentence."""


class TooManyGuesses(Exception):
    """Too many wrong passwords; ``wait_seconds`` until the next may come."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("too many wrong passwords; wait")
        self.wait_seconds = wait_seconds


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who knocks: an address, and what the browser calls itself."""

    address: str
    agent: str


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor that waits for its first code; shown once."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "Enrolment(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardParts:
    """What the dashboard's access stands on.

    ``configured`` is the password of the settings, ``new_bytes`` gives random bytes; ``pepper`` keys hashes.
    """

    store: AdminStore
    links: SetupLinks
    sessions: SessionBook
    hashing: Hashing
    now: Callable[[], float]
    monotonic: Callable[[], float]
    new_bytes: Callable[[int], bytes]
    pepper: bytes
    configured: str | None = None


class Dashboard:
    """The use cases; what reads or writes what is kept raises ``AdminUnreadable``."""

    def __init__(self, parts: DashboardParts) -> None:
        self._parts = parts
        self._limits = GuessLimits()
        self._configured_digest: str | None = None
        self._changing = asyncio.Lock()
        self.sessions = parts.sessions
        self.now = parts.now

    async def has_password(self) -> bool:
        """Whether there is a password."""
        return self._parts.configured is not None or (await self._kept()).password is not None

    async def wants_code(self) -> bool:
        """Whether a login needs a code as well."""
        factor = (await self._kept()).factor
        return factor is not None and factor.confirmed

    async def log_in(self, password: str, code: str | None, visitor: Visitor) -> Session:
        """A new session, to be opened by a token; raises ``NoPassword``, ``WrongCredentials``, ``TooManyGuesses``."""
        await self.prove(password, code, visitor)
        now = self.now()
        return Session(
            session_id=self._parts.new_bytes(8).hex(),
            opened_at=now,
            seen_at=now,
            proved_at=now,
            address=visitor.address,
            agent=visitor.agent[:MOST_AGENT],
        )

    async def prove(self, password: str, code: str | None, visitor: Visitor) -> None:
        """See to it that whoever asks is the owner; raises like ``log_in``."""
        if not await self.has_password():
            raise NoPassword("there is no dashboard password yet; set one with: codex-proxy password set")
        wait = self._limits.begin(visitor.address, self._parts.monotonic())
        if wait:
            raise TooManyGuesses(wait)
        kept = await self._kept()
        fits = await self._parts.hashing.fits(password, await self._digest(kept))
        if not await self._code_fits(code, may_take=fits) or not fits:
            raise WrongCredentials("password or code are wrong")
        self._limits.succeeded(visitor.address)

    async def set_by_link(self, token: str, password: str) -> None:
        """Set the password once; raises ``LinkUnusable``, ``PasswordRefused``, ``PasswordConfigured``."""
        async with self._changing:
            if not await asyncio.to_thread(self._parts.links.fits, token, now=self._parts.now()):
                raise LinkUnusable(
                    "this setup link was used, has expired or never was; make another with: codex-proxy password link"
                )
            await self._set(password)

    async def change(self, password: str) -> int:
        """Set another password; how many sessions ended.  Raises ``PasswordRefused`` and ``PasswordConfigured``."""
        async with self._changing:
            return await self._set(password)

    async def make_link(self, base_url: str) -> tuple[str, float]:
        """A setup link and when it ends; raises ``PasswordConfigured``."""
        self._require_kept_password()
        async with self._changing:
            return await asyncio.to_thread(self._parts.links.make, base_url, now=self._parts.now())

    async def enrol(self) -> Enrolment:
        """Begin with a second factor, which counts once a code was shown; raises ``FactorUnusable``, ``NoPassword``."""
        async with self._changing:
            kept = await self._kept()
            if kept.factor is not None and kept.factor.confirmed:
                raise FactorUnusable("a second factor is in force already; remove it first")
            if not await self.has_password():
                raise NoPassword("a second factor needs a password first")
            secret = new_secret()
            await self._save(replace(kept, factor=SecondFactor(secret=secret)))
        return Enrolment(secret=secret, uri=provisioning_uri(secret))

    async def confirm(self, code: str) -> tuple[str, ...]:
        """Put the second factor in force; its recovery codes, shown once.  Raises ``FactorUnusable``."""
        parts = self._parts
        async with self._changing:
            kept = await self._kept()
            if kept.factor is None or kept.factor.confirmed:
                raise FactorUnusable("no second factor waits for its first code")
            factor = taken(kept.factor, code, pepper=parts.pepper, now=parts.now())
            if factor is None:
                raise FactorUnusable("this code is wrong; mind the clocks of both sides")
            codes = recovery_codes(parts.new_bytes)
            recovery = kept_form(codes, parts.pepper)
            await self._save(replace(kept, factor=replace(factor, confirmed=True, recovery=recovery)))
        return codes

    async def remove_factor(self) -> bool:
        """Want no code any more; False where none was wanted."""
        async with self._changing:
            kept = await self._kept()
            await self._save(replace(kept, factor=None))
        return kept.factor is not None

    async def _set(self, password: str) -> int:
        self._require_kept_password()
        reason = why_not(password)
        if reason is not None:
            raise PasswordRefused(reason)
        digest = await self._parts.hashing.digest(password)
        fresh = KeptPassword(digest=digest, set_at=self._parts.now())
        await self._save(replace(await self._kept(), password=fresh, link=None))
        return self.sessions.end_all()

    def _require_kept_password(self) -> None:
        if self._parts.configured is not None:
            raise PasswordConfigured(
                "the password stands in the settings (security.dashboard_password); change it there"
            )

    async def _digest(self, kept: KeptAdmin) -> str | None:
        if self._parts.configured is None:
            return None if kept.password is None else kept.password.digest
        if self._configured_digest is None:
            self._configured_digest = await self._parts.hashing.digest(self._parts.configured)
        return self._configured_digest

    async def _code_fits(self, code: str | None, *, may_take: bool) -> bool:
        """Whether the code fits, or none is wanted; one that fits is used up where the password fitted as well."""
        async with self._changing:
            kept = await self._kept()
            if kept.factor is None or not kept.factor.confirmed:
                return True
            factor = taken(kept.factor, code or "", pepper=self._parts.pepper, now=self._parts.now())
            if factor is not None and may_take:
                await self._save(replace(kept, factor=factor))
        return factor is not None

    async def _kept(self) -> KeptAdmin:
        return await asyncio.to_thread(self._parts.store.load)

    async def _save(self, kept: KeptAdmin) -> None:
        await asyncio.to_thread(self._parts.store.save, kept)
