"""One refresh of one account: lock, read, note the intent, send, keep what came.

Rules of this file: what is read before the lock is not believed; the intent is on disk before the token is sent, the
new pair before anybody may use it; a pair that came and cannot be kept now is kept as soon as the store lets us, and
until then it is nobody's.  Nothing here is cancelled half-way: see ``refresher``.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal, TokenIssuer
from codex_proxy.accounts.keeping import RefreshLocks
from codex_proxy.accounts.record import AccountRecord, Death, Identity, RefreshIntent
from codex_proxy.accounts.refreshing.answers import LATER_SECONDS, Again, Dead, DeadUnlessNewer, after
from codex_proxy.accounts.store import AccountStore, IdentityMismatch, NewAccount, Renewed, StoreUnusable
from codex_proxy.gateway.ports import Clock

LOCK_WAIT_SECONDS: Final = 90.0  # longer than the slowest exchange of another process
BUSY_SECONDS: Final = 5.0
STORE_SECONDS: Final = 5.0
MOST_TRIES: Final = 2


class Outcome(StrEnum):
    """What became of a refresh."""

    RENEWED = "renewed"
    ADOPTED = "adopted"
    NOTHING_TO_SEND = "nothing_to_send"
    DEAD = "dead"
    POSTPONED = "postponed"
    GONE = "gone"


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome, the account as it is now, and why it is no better; ``wait_seconds`` until the next try."""

    outcome: Outcome
    record: AccountRecord | None = None
    refusal: Refusal | None = None
    message: str | None = None
    wait_seconds: float | None = None

    @property
    def has_newer(self) -> bool:
        """Whether there is a newer credential than the one asked about."""
        return self.outcome in {Outcome.RENEWED, Outcome.ADOPTED}


class ExchangeParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange works with; ``new_row_id`` names the account of a pair that belongs to nobody yet."""

    store: AccountStore
    locks: RefreshLocks
    issuer: TokenIssuer
    clock: Clock
    new_row_id: Callable[[], str]
    complain: Callable[[str, Exception], None]


async def renew(
    parts: ExchangeParts, row_id: str, *, seen_generation: int, reason: RefreshReason, failures: int
) -> Refreshed:
    """Renew the credential of ``seen_generation``, unless somebody else did; ``failures`` are refusals in a row."""
    try:
        async with parts.locks.hold(row_id, wait_seconds=LOCK_WAIT_SECONDS) as held:
            if not held:
                return _postponed("another process is renewing this account", BUSY_SECONDS)
            return await _Exchange(parts, row_id, reason, failures).run(seen_generation)
    except StoreUnusable as error:
        return _postponed(str(error), STORE_SECONDS)


class _Exchange:
    """One exchange, under the account's lock."""

    def __init__(self, parts: ExchangeParts, row_id: str, reason: RefreshReason, failures: int) -> None:
        self._parts = parts
        self._row_id = row_id
        self._reason = reason
        self._failures = failures

    async def run(self, seen_generation: int) -> Refreshed:
        record = await self._parts.store.find(self._row_id)
        if record is None:
            return Refreshed(outcome=Outcome.GONE)
        if record.generation != seen_generation:
            return Refreshed(outcome=Outcome.ADOPTED, record=record)
        if record.death is not None:
            return Refreshed(outcome=Outcome.DEAD, record=record)
        secrets = await self._parts.store.secrets(self._row_id)
        if secrets is None or secrets.refresh_token is None:
            return Refreshed(outcome=Outcome.NOTHING_TO_SEND, record=record)
        return await self._spend(record, secrets.refresh_token)

    async def _spend(self, record: AccountRecord, refresh_token: str) -> Refreshed:
        store, now = self._parts.store, self._parts.clock.now()
        intent = await store.begin_refresh(self._row_id, generation=record.generation, now=now)
        if intent is None:
            return await self._as_it_is_now(record.generation)
        if intent.digest != hashlib.sha256(refresh_token.encode()).hexdigest():  # an import came in between
            await store.abandon_refresh(intent, unsent=True, now=now)
            return await self._as_it_is_now(record.generation)
        if intent.earlier_tries >= MOST_TRIES:
            return await self._die(intent, Death.UNKNOWN_AFTER_CRASH, None)
        try:
            grant = await self._parts.issuer.refresh(
                refresh_token, issuer=record.identity.issuer, reason=self._reason, row_id=self._row_id
            )
        except IssuerError as error:
            return await self._refused(intent, error)
        return await self._keep(intent, _renewed(grant))

    async def _refused(self, intent: RefreshIntent, error: IssuerError) -> Refreshed:
        if error.came is not None:  # half an answer: the refresh token for the next try
            await self._keep(intent, Renewed(secrets=error.came))
            return await self._put_off(error, Again(seconds=LATER_SECONDS))
        match after(error, failures=self._failures + 1, earlier_tries=intent.earlier_tries):
            case Dead(death=death):
                return await self._die(intent, death, error)
            case DeadUnlessNewer(death=death):
                now = await self._as_it_is_now(intent.generation)
                return now if now.has_newer else await self._die(intent, death, error)
            case Again() as again:
                if not error.maybe_spent:
                    await self._parts.store.abandon_refresh(intent, unsent=True, now=self._parts.clock.now())
                return await self._put_off(error, again)

    async def _put_off(self, error: IssuerError, again: Again) -> Refreshed:
        return Refreshed(
            outcome=Outcome.POSTPONED,
            record=await self._parts.store.find(self._row_id),
            refusal=error.refusal,
            message=str(error),
            wait_seconds=again.seconds,
        )

    async def _die(self, intent: RefreshIntent, death: Death, error: IssuerError | None) -> Refreshed:
        record = await self._parts.store.abandon_refresh(intent, death=death, now=self._parts.clock.now())
        if record is None:
            return await self._as_it_is_now(intent.generation)
        return Refreshed(
            outcome=Outcome.DEAD,
            record=record,
            refusal=error.refusal if error else None,
            message=str(error) if error else "nobody knows whether an earlier exchange spent the refresh token",
        )

    async def _keep(self, intent: RefreshIntent, renewed: Renewed) -> Refreshed:
        """The pair on disk; it exists nowhere else, so that a store that fails is asked until it does not."""
        while True:
            try:
                return await self._keep_once(intent, renewed)
            except StoreUnusable as error:
                self._parts.complain(f"new tokens of account {self._row_id} wait for the store", error)
                await self._parts.clock.sleep(STORE_SECONDS)

    async def _keep_once(self, intent: RefreshIntent, renewed: Renewed) -> Refreshed:
        store = self._parts.store
        try:
            record = await store.finish_refresh(intent, renewed, now=self._parts.clock.now())
        except IdentityMismatch:
            await self._give_to_its_owner(renewed)
            return _postponed("the issuer answered with another account's tokens", LATER_SECONDS)
        if record is not None:
            return Refreshed(outcome=Outcome.RENEWED, record=record)
        if renewed.identity is not None:  # it was removed meanwhile, and stays so, or holds another refresh token
            new = _as_new(renewed, renewed.identity, self._row_id)
            await store.adopt(new)
        return await self._as_it_is_now(intent.generation)

    async def _give_to_its_owner(self, renewed: Renewed) -> None:
        """Keep a pair that turned out to be another account's."""
        if renewed.identity is not None:
            new = _as_new(renewed, renewed.identity, self._parts.new_row_id())
            await self._parts.store.put(new, now=self._parts.clock.now())

    async def _as_it_is_now(self, generation: int) -> Refreshed:
        record = await self._parts.store.find(self._row_id)
        if record is None:
            return Refreshed(outcome=Outcome.GONE)
        if record.generation != generation:
            return Refreshed(outcome=Outcome.ADOPTED, record=record)
        return Refreshed(outcome=Outcome.NOTHING_TO_SEND, record=record)


def _postponed(message: str, wait_seconds: float) -> Refreshed:
    return Refreshed(outcome=Outcome.POSTPONED, message=message, wait_seconds=wait_seconds)


def _renewed(grant: Grant) -> Renewed:
    return Renewed(
        secrets=grant.secrets,
        identity=grant.identity,
        email=grant.email,
        plan=grant.plan,
        issued_at=grant.issued_at,
        expires_at=grant.expires_at,
    )


def _as_new(renewed: Renewed, identity: Identity, row_id: str) -> NewAccount:
    return NewAccount(
        row_id=row_id,
        identity=identity,
        secrets=renewed.secrets,
        email=renewed.email,
        plan=renewed.plan,
        issued_at=renewed.issued_at,
        expires_at=renewed.expires_at,
    )
