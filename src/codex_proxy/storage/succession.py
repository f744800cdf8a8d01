"""Which credential an account holds after another one came: rules every store of accounts follows.

Rules of this file: pure; empty never replaces; what was issued earlier never replaces what was issued later; an account
is its issuer's pair of account and user, both halves, and only for want of one the token it came with.
"""

import hashlib

import msgspec
from msgspec.structs import asdict, replace

from codex_proxy.accounts.record import AccountRecord, Identity, Secrets
from codex_proxy.accounts.store import IdentityMismatch, NewAccount, Renewed


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An account and its tokens."""

    record: AccountRecord
    secrets: Secrets


def token_digest(token: str | None) -> str | None:
    """SHA-256 of a token in hex: it tells tokens apart and gives none away, for they are long and random."""
    return None if token is None else hashlib.sha256(token.encode()).hexdigest()


def identity_digest(identity: Identity) -> str | None:
    """One text for issuer, account and user; None for an account whose ``account_id`` nobody knows."""
    if identity.account_id is None:
        return None
    told = msgspec.json.encode([identity.issuer, identity.account_id, identity.user_id])
    return hashlib.sha256(told).hexdigest()


def made(new: NewAccount, *, now: float) -> Held:
    """The account that a credential makes where there was none."""
    record = AccountRecord(
        row_id=new.row_id,
        identity=new.identity,
        email=new.email,
        plan=new.plan,
        label=new.label,
        added_at=now if new.added_at is None else new.added_at,
        issued_at=new.issued_at,
        expires_at=new.expires_at,
        has_refresh_token=new.secrets.refresh_token is not None,
        followed_file=new.followed_file,
    )
    return Held(record=record, secrets=new.secrets)


def succeeded(held: Held, new: NewAccount) -> Held | None:
    """The account after a credential came for it; None where the one it holds was issued later."""
    if _is_older(new.issued_at, held.record.issued_at):
        return None
    record = _told(held.record, email=new.email, plan=new.plan, label=new.label, followed_file=new.followed_file)
    record = replace(record, identity=completed(record.identity, new.identity))
    return _with_tokens(held, record, new.secrets, times=(new.issued_at, new.expires_at))


def renewed(held: Held, news: Renewed) -> Held:
    """The account after a refresh; raises ``IdentityMismatch``."""
    identity = held.record.identity
    if news.identity is not None:
        if not agrees(identity, news.identity):
            raise IdentityMismatch(f"the tokens that came for account {held.record.row_id} are another account's")
        identity = completed(identity, news.identity)
    record = replace(_told(held.record, email=news.email, plan=news.plan), identity=identity)
    return _with_tokens(held, record, news.secrets, times=(news.issued_at, news.expires_at))


def merged(held: Held, gone: Held) -> Held:
    """An account after another row turned out to be the same account: the later credential, the older name."""
    other = gone.record
    offer = NewAccount(
        row_id=held.record.row_id,
        identity=held.record.identity,
        secrets=gone.secrets,
        email=other.email,
        plan=other.plan,
        label=held.record.label or other.label,
        issued_at=other.issued_at,
        expires_at=other.expires_at,
        followed_file=other.followed_file,
    )
    return succeeded(held, offer) or Held(record=_told(held.record, label=offer.label), secrets=held.secrets)


def agrees(known: Identity, told: Identity) -> bool:
    """Whether two identities may be one: same issuer, and no half differs."""
    halves = ((known.account_id, told.account_id), (known.user_id, told.user_id))
    return known.issuer == told.issuer and all(None in half or half[0] == half[1] for half in halves)


def completed(known: Identity, told: Identity) -> Identity:
    """An identity with the halves it lacked."""
    return Identity(
        issuer=known.issuer,
        account_id=known.account_id or told.account_id,
        user_id=known.user_id or told.user_id,
    )


def _is_older(told: float | None, known: float | None) -> bool:
    return told is not None and known is not None and told < known


def _told(record: AccountRecord, **members: str | None) -> AccountRecord:
    return replace(record, **{name: value for name, value in members.items() if value is not None})


def _with_tokens(held: Held, record: AccountRecord, news: Secrets, *, times: tuple[float | None, float | None]) -> Held:
    secrets = replace(held.secrets, **{name: value for name, value in asdict(news).items() if value is not None})
    if news.access_token is not None:
        record = replace(record, issued_at=times[0], expires_at=times[1])
    tokens = (secrets.access_token, secrets.refresh_token)
    if tokens != (held.secrets.access_token, held.secrets.refresh_token):
        record = replace(
            record,
            generation=record.generation + 1,
            death=None,
            died_at=None,
            has_refresh_token=secrets.refresh_token is not None,
        )
    return Held(record=record, secrets=secrets)
