"""Accounts from tokens that the owner brings.

Rules of this file: an access token is taken as it is and not tried out, since a call right after a login was seen to
get accounts banned.  A refresh token alone is exchanged at once, by the one function that refreshes, so that its row
and its intent are on disk before it is sent.  Tokens of another account than the one they were brought for are never
put there.
"""

from collections.abc import Sequence
from typing import Protocol

from codex_proxy.accounts.account import MalformedToken, read_claims
from codex_proxy.accounts.formats.tokens import cleaned, is_access_token, why_no_token
from codex_proxy.accounts.issuer import Grant, Refusal, grant_of
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, PutOutcome
from codex_proxy.operations.login.outcomes import LoginDone, keep_new, new_account, stop_following
from codex_proxy.operations.login.ports import LoginParts
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed


class TokenUnusable(Exception):
    """The token cannot be taken; says why, without its text."""


class WrongIdentity(TokenUnusable):
    """The token belongs to another account than the one it was brought for; that one is as it was."""


class ExchangeRefused(Exception):
    """The refresh token brought nothing; ``kept`` says that it is kept and tried again later."""

    def __init__(self, message: str, *, refusal: Refusal | None, kept: bool) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.kept = kept


class Refreshing(Protocol):
    """The one function that spends refresh tokens."""

    async def refresh(self, row_id: str, *, seen: int | None = None) -> Refreshed:
        """Renew the credential of generation ``seen``, and wait for the end."""
        ...


class TokenLogins:
    """Takes tokens of the owner's."""

    def __init__(self, parts: LoginParts, *, refreshing: Refreshing) -> None:
        self._parts = parts
        self._refreshing = refreshing

    async def add(self, texts: Sequence[str], *, label: str | None = None, row_id: str | None = None) -> LoginDone:
        """Take an access token, a refresh token or both; ``row_id`` is the account they have to belong to.

        Raises:
            TokenUnusable: one of them is none, or has expired; ``WrongIdentity`` where it is another account's.
            ExchangeRefused: a refresh token came alone and brought nothing.
            StoreUnusable: the account cannot be kept.
        """
        secrets, now = read_tokens(texts), self._parts.clock.now()
        wanted = await self._identity_of(row_id)
        if secrets.access_token is None:
            return await self._exchange(secrets, label, wanted)
        grant = self._grant_of(secrets, now)
        _compare(grant.identity, wanted)
        if (grant.expires_at or 0.0) > now:
            return await keep_new(self._parts, new_account(grant, row_id=self._parts.new_row_id(), label=label))
        if secrets.refresh_token is None:
            raise TokenUnusable("the access token has expired, and there is no refresh token with it")
        return await self._exchange(Secrets(refresh_token=secrets.refresh_token), label, grant.identity)

    async def _identity_of(self, row_id: str | None) -> Identity | None:
        if row_id is None:
            return None
        record = await self._parts.store.find(row_id)
        if record is None:
            raise TokenUnusable("there is no such account")
        return record.identity if record.identity.account_id is not None else None

    def _grant_of(self, secrets: Secrets, now: float) -> Grant:
        try:
            read_claims(secrets.access_token or "")
        except MalformedToken as error:
            raise TokenUnusable(str(error)) from None
        grant = grant_of(secrets, issuer=self._parts.issuer.issuer, now=now)
        if grant.identity.account_id is None:
            raise TokenUnusable("the access token names no ChatGPT account")
        return grant

    async def _exchange(self, secrets: Secrets, label: str | None, wanted: Identity | None) -> LoginDone:
        identity = Identity(issuer=self._parts.issuer.issuer)
        new = NewAccount(row_id=self._parts.new_row_id(), identity=identity, secrets=secrets, label=label)
        put = await self._parts.store.put(new, now=self._parts.clock.now())
        refreshed = await self._refreshing.refresh(put.record.row_id, seen=put.record.generation)
        if not refreshed.has_newer or refreshed.record is None:
            raise await self._refused(put, refreshed)
        _compare(refreshed.record.identity, wanted)
        record = await stop_following(self._parts, refreshed.record)
        await self._parts.arrived(record)
        return LoginDone(record=record, added=put.added and record.row_id == put.record.row_id)

    async def _refused(self, put: PutOutcome, refreshed: Refreshed) -> ExchangeRefused:
        """What to say; an account that was made for a token that works no more goes again."""
        if refreshed.outcome is Outcome.DEAD and put.added:
            await self._parts.store.remove((put.record.row_id,), now=self._parts.clock.now())
        kept = refreshed.outcome not in {Outcome.DEAD, Outcome.GONE}
        message = refreshed.message or "the refresh token brought no access token"
        return ExchangeRefused(message, refusal=refreshed.refusal, kept=kept)


def read_tokens(texts: Sequence[str]) -> Secrets:
    """The tokens in what somebody pasted: what begins like a JWT is an access token, anything else a refresh token.

    Raises:
        TokenUnusable: there is none, more than one of a kind, or something that is neither.
    """
    tokens = [token for token in map(cleaned, texts) if token]
    access = [token for token in tokens if is_access_token(token)]
    refresh = [token for token in tokens if not is_access_token(token)]
    if len(access) > 1 or len(refresh) > 1:
        raise TokenUnusable("there are several tokens of one kind; use the import for more than one account")
    for token in tokens:
        why = why_no_token(token)
        if why is not None:
            raise TokenUnusable(why)
    if not access and not refresh:
        raise TokenUnusable("there is no token")
    return Secrets(access_token=access[0] if access else None, refresh_token=refresh[0] if refresh else None)


def _compare(found: Identity, wanted: Identity | None) -> None:
    if wanted is not None and found != wanted:
        raise WrongIdentity("the token belongs to another account")
