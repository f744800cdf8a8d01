"""How a login ends, and how what it brought is kept.

Rules of this file: a login for a known account updates that one, clears its death and leaves what its owner wants of
it; one whose tokens name no account is refused.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from codex_proxy.accounts.issuer import Grant, IssuerError, Refusal
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.accounts.store import Edit, NewAccount, StoreUnusable
from codex_proxy.operations.login.ports import LoginParts


class Reason(StrEnum):
    """Why a login failed."""

    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    NO_ACCOUNT = "no_account_named"
    NOT_KEPT = "not_kept"


class LoginDone(msgspec.Struct, frozen=True, kw_only=True):
    """The account that logged in; ``added`` where it is a new one.

    ``kept_newer`` says that a credential issued later was here already and stayed.
    """

    record: AccountRecord
    added: bool = False
    kept_newer: bool = False


class LoginFailed(msgspec.Struct, frozen=True, kw_only=True):
    """Why no account came; ``message`` is for the owner and holds no secret, ``refusal`` is the issuer's."""

    reason: Reason
    message: str
    refusal: Refusal | None = None


LoginEnd: TypeAlias = LoginDone | LoginFailed


class TooManyLogins(Exception):
    """So many logins are being finished at once that another one cannot begin now."""


class LoginsOff(Exception):
    """The owner lets no login begin."""


class UnknownLogin(Exception):
    """There is no login of this name, or none any more."""


def refuse_unless_allowed(parts: LoginParts) -> None:
    """Raise ``LoginsOff`` where no login may begin."""
    if not parts.allowed():
        raise LoginsOff


async def keep_grant(parts: LoginParts, grant: Grant) -> LoginEnd:
    """Keep what a login brought."""
    if grant.identity.account_id is None:
        return LoginFailed(reason=Reason.NO_ACCOUNT, message="the tokens name no ChatGPT account")
    try:
        return await keep_new(parts, new_account(grant, row_id=parts.new_row_id()))
    except StoreUnusable as error:
        return LoginFailed(reason=Reason.NOT_KEPT, message=str(error))


async def keep_new(parts: LoginParts, new: NewAccount) -> LoginDone:
    """Keep a credential; an account with a refresh token of its own follows no file any more.

    Raises:
        StoreUnusable: it cannot be kept.
    """
    outcome = await parts.store.put(new, now=parts.clock.now())
    record = outcome.record
    if new.secrets.refresh_token is not None and not outcome.kept_newer:
        record = await stop_following(parts, record)
    if not outcome.kept_newer:
        await parts.arrived(record)
    return LoginDone(record=record, added=outcome.added, kept_newer=outcome.kept_newer)


async def stop_following(parts: LoginParts, record: AccountRecord) -> AccountRecord:
    """The account, whose tokens are its own from now on; raises ``StoreUnusable``."""
    if record.followed_file is None:
        return record
    return await parts.store.edit(record.row_id, Edit(followed_file=None)) or record


def new_account(grant: Grant, *, row_id: str, label: str | None = None) -> NewAccount:
    """What is kept of a grant; ``row_id`` names the account if it has to be made."""
    return NewAccount(
        row_id=row_id,
        identity=grant.identity,
        secrets=grant.secrets,
        email=grant.email,
        plan=grant.plan,
        label=label,
        issued_at=grant.issued_at,
        expires_at=grant.expires_at,
    )


def refused_by_issuer(error: IssuerError) -> LoginFailed:
    """The end of a login that the issuer gave no tokens for."""
    return LoginFailed(reason=Reason.REFUSED, message=str(error), refusal=error.refusal)
