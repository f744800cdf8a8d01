"""Files of accounts, written: everything, the least that brings an account back, and the forms of other programs.

Rules of this file: pure; the result is plain data for JSON and holds every secret that its form holds.  Members whose
value is unknown are left out where the form calls them optional.  The full form is the Node system's entry plus
``issuer``, ``idToken`` and ``proxyId``, which that system passes over.  Source: spec, accounts, 1.1 and 4.1.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.accounts.quota.counters import UsageCounters, shown_usage
from codex_proxy.accounts.quota.shown import ShownQuota
from codex_proxy.accounts.record import AccountRecord, Secrets
from codex_proxy.canonical.blocks import JsonObject

Iso: TypeAlias = Callable[[float], str]
"""Writes epoch seconds as ISO 8601 in UTC with milliseconds, such as ``2026-11-26T00:00:00.000Z``."""

_LATER_STATUSES: Final = {AccountStatus.RATE_LIMITED: AccountStatus.ACTIVE}  # what files of the Node system never hold
_SECONDS: Final = len("2026-11-26T00:00:00")


class ExportFormat(StrEnum):
    """The forms of an export; the first is the default."""

    FULL = "full"
    MINIMAL = "minimal"
    COCKPIT_TOOLS = "cockpit_tools"
    SUB2API = "sub2api"
    CPA = "cpa"


class ExportedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account with everything an export may tell.

    ``quota_at`` is when its counters were told last; ``quota_doubtful`` says that they should be asked for anew.
    ``way`` is its way out: a proxy's id or the word of a mode.
    """

    record: AccountRecord
    secrets: Secrets
    status: AccountStatus
    usage: UsageCounters = UsageCounters()
    quota: ShownQuota | None = None
    quota_at: float | None = None
    quota_doubtful: bool = False
    way: str | None = None


def entry_of(account: ExportedAccount, form: ExportFormat, *, now: float, iso: Iso) -> JsonObject | None:
    """One account as it stands in the file; None where the form does not have it.  ``now`` in epoch seconds.

    An account whose refresh token was never exchanged has an empty access token; one without a refresh token is not in
    the minimal form.
    """
    match form:
        case ExportFormat.FULL:
            return _full(account, now, iso)
        case ExportFormat.MINIMAL:
            return _minimal(account) if account.secrets.refresh_token else None
        case ExportFormat.COCKPIT_TOOLS | ExportFormat.CPA:
            return _token(account, iso)
        case ExportFormat.SUB2API:
            return _sub2api_account(account, iso)


def file_of(entries: Sequence[JsonObject], form: ExportFormat, *, now: float, iso: Iso) -> Any:
    """The file's content, around its entries."""
    match form:
        case ExportFormat.FULL | ExportFormat.MINIMAL:
            return {"accounts": entries}
        case ExportFormat.COCKPIT_TOOLS:
            return entries
        case ExportFormat.SUB2API:
            return _sub2api(entries, now, iso)
        case ExportFormat.CPA:
            return entries[0] if len(entries) == 1 else entries


def file_name(form: ExportFormat, *, now: float, iso: Iso) -> str:
    """What the file is called."""
    suffix = "" if form is ExportFormat.FULL else f"-{form}"
    return f"accounts-export{suffix}-{iso(now)[:10]}.json"


def _full(account: ExportedAccount, now: float, iso: Iso) -> JsonObject:
    record, secrets = account.record, account.secrets
    return {
        "id": record.row_id,
        "token": secrets.access_token or "",
        "refreshToken": secrets.refresh_token,
        "email": record.email,
        "accountId": record.identity.account_id,
        "userId": record.identity.user_id,
        "label": record.label,
        "codexFingerprintMode": record.fingerprint_mode.value,
        "planType": record.plan,
        "proxyApiKey": secrets.client_key,
        "status": _LATER_STATUSES.get(account.status, account.status).value,
        "usage": shown_usage(account.usage, now=now, iso=iso),
        "addedAt": iso(record.added_at),
        "cachedQuota": account.quota,
        "quotaFetchedAt": None if account.quota_at is None else iso(account.quota_at),
        "quotaVerifyRequired": account.quota_doubtful,
        "issuer": record.identity.issuer,
        **_known(idToken=secrets.id_token, proxyId=account.way),
    }


def _minimal(account: ExportedAccount) -> JsonObject:
    return {"refreshToken": account.secrets.refresh_token, **_known(label=account.record.label)}


def _token(account: ExportedAccount, iso: Iso) -> JsonObject:
    record, secrets = account.record, account.secrets
    return {
        "access_token": secrets.access_token or "",
        **_known(refresh_token=secrets.refresh_token, account_id=record.identity.account_id),
        "last_refresh": iso(record.added_at if record.issued_at is None else record.issued_at),
        **_known(email=record.email),
        "type": "codex",
        **_known(expired=_expiry(record, iso)),
    }


def _sub2api(entries: Sequence[JsonObject], now: float, iso: Iso) -> JsonObject:
    return {
        "exported_at": f"{iso(now)[:_SECONDS]}Z",
        "proxies": [],
        "accounts": entries,
        "type": "sub2api-data",
        "version": 1,
    }


def _sub2api_account(account: ExportedAccount, iso: Iso) -> JsonObject:
    record, secrets = account.record, account.secrets
    limit = account.quota.rate_limit if account.quota is not None else None
    return {
        "name": record.label or record.email or record.row_id,
        "platform": "openai",
        "type": "oauth",
        "credentials": {
            "access_token": secrets.access_token or "",
            **_known(
                refresh_token=secrets.refresh_token,
                email=record.email,
                chatgpt_account_id=record.identity.account_id,
                chatgpt_user_id=record.identity.user_id,
                plan_type=record.plan,
                expires_at=_expiry(record, iso),
                quota_remaining_percent=None if limit is None else limit.remaining_percent,
            ),
        },
        "concurrency": 0,
        "priority": 0,
    }


def _expiry(record: AccountRecord, iso: Iso) -> str | None:
    return None if record.expires_at is None else iso(record.expires_at)


def _known(**members: Any) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
