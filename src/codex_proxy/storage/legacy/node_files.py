"""What the Node system kept, read into credentials for the store.

Rules of this file: pure; an entry that cannot be used is told about by its number, never by a token, and holds up no
other one.  Labels, what the owner wants, counters and keys of the account's own come along; states and quotas do not,
for they are seen anew.
Source: spec, accounts, 1.1, 1.2 and 1.6; ``auth.json`` is its first form, one account and no list.
"""

import hashlib
import re
from datetime import datetime
from typing import Any, Final

import msgspec

from codex_proxy.accounts.account import Account, MalformedToken, account_of_token, read_claims
from codex_proxy.accounts.record import FingerprintMode, Identity, Secrets
from codex_proxy.accounts.store import NewAccount

DISABLED: Final = "disabled"
_ROW_ID: Final = re.compile(r"[0-9a-f]{16}")


class NodeFileUnreadable(Exception):
    """The file is not one of the Node system's, or damaged; says why, nothing of its content."""


class NodeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account as it was kept there.  ``counters`` is its usage, a JSON object; None for none."""

    new: NewAccount
    enabled: bool = True
    fingerprint_mode: FingerprintMode = FingerprintMode.OFF
    counters: bytes | None = None


class NodeAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """A file's accounts, and why the others are not among them."""

    accounts: tuple[NodeAccount, ...] = ()
    skipped: tuple[str, ...] = ()


class _Unusable(Exception):
    """An entry cannot be used; says why."""


def parse_accounts_json(raw: bytes, *, issuer: str) -> NodeAccounts:
    """``accounts.json``: an object with a list ``accounts``.  ``issuer`` is whose tokens these are.

    Raises:
        NodeFileUnreadable: it is not that.
    """
    content = _decoded(raw)
    entries = content.get("accounts") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise NodeFileUnreadable("it holds no list of accounts")
    return parse_entries(entries, issuer=issuer)


def parse_auth_json(raw: bytes, *, issuer: str) -> NodeAccounts:
    """The first form: one account, what is known of it in ``userInfo``; raises like ``parse_accounts_json``."""
    content = _decoded(raw)
    if not isinstance(content, dict) or not _text(content, "token"):
        raise NodeFileUnreadable("it holds no token of the Node system")
    known = content.get("userInfo")
    return parse_entries([{**(known if isinstance(known, dict) else {}), **content}], issuer=issuer)


def parse_row(entry_json: str) -> Any:
    """The entry in a row of ``accounts.sqlite``; None where it cannot be read."""
    try:
        return msgspec.json.decode(entry_json)
    except (msgspec.DecodeError, ValueError):
        return None


def parse_entries(entries: list[Any], *, issuer: str) -> NodeAccounts:
    """Entries of a file, one by one."""
    accounts, skipped = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            accounts.append(_account(entry, issuer))
        except _Unusable as error:
            skipped.append(f"account {number}: {error}")
    return NodeAccounts(accounts=tuple(accounts), skipped=tuple(skipped))


def _account(entry: Any, issuer: str) -> NodeAccount:
    if not isinstance(entry, dict):
        raise _Unusable("it is no object")
    token, refresh_token = _text(entry, "token"), _text(entry, "refreshToken")
    if token is None and refresh_token is None:
        raise _Unusable("it has neither a token nor a refresh token")
    usage = entry.get("usage")
    return NodeAccount(
        new=_credential(entry, issuer, token=token, refresh_token=refresh_token),
        enabled=entry.get("status") != DISABLED,
        fingerprint_mode=_fingerprint_mode(entry),
        counters=msgspec.json.encode(usage) if isinstance(usage, dict) and usage else None,
    )


def _credential(entry: dict[str, Any], issuer: str, *, token: str | None, refresh_token: str | None) -> NewAccount:
    told, issued_at = _told(token)
    row_id = _text(entry, "id") or ""
    return NewAccount(
        row_id=row_id if _ROW_ID.fullmatch(row_id) else _made_row_id(told, refresh_token),
        identity=Identity(
            issuer=issuer,
            account_id=_text(entry, "accountId") or (told.credential.account_id if told else None),
            user_id=_text(entry, "userId") or (told.user_id if told else None),
        ),
        secrets=Secrets(
            access_token=token,
            refresh_token=refresh_token,
            client_key=_text(entry, "proxyApiKey"),
        ),
        email=_text(entry, "email") or (told.email if told else None),
        plan=_text(entry, "planType") or (told.plan if told else None),
        label=_text(entry, "label"),
        issued_at=issued_at,
        expires_at=told.expires_at if told else None,
        added_at=_time(entry, "addedAt"),
    )


def _told(token: str | None) -> tuple[Account | None, float | None]:
    """What an access token tells, and when it was issued."""
    if token is None:
        return None, None
    try:
        issued_at = read_claims(token).get("iat")
        told = account_of_token(token)
    except MalformedToken as error:
        raise _Unusable("its token is no JWT") from error
    return told, float(issued_at) if isinstance(issued_at, int | float) else None


def _made_row_id(told: Account | None, refresh_token: str | None) -> str:
    return told.row_id if told else hashlib.sha256((refresh_token or "").encode()).hexdigest()[:16]


def _fingerprint_mode(entry: dict[str, Any]) -> FingerprintMode:
    try:
        return FingerprintMode(entry.get("codexFingerprintMode", FingerprintMode.OFF))
    except ValueError:
        return FingerprintMode.OFF


def _time(entry: dict[str, Any], name: str) -> float | None:
    try:
        return datetime.fromisoformat(_text(entry, name) or "").timestamp()
    except ValueError:
        return None


def _text(entry: dict[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return value if isinstance(value, str) and value else None


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise NodeFileUnreadable("it is no JSON") from error
