"""Accounts given out into a file.

Rules of this file: what is on disk counts; the file is made in slices.  Whoever uses an exported refresh token
elsewhere ends it here, so that each account's timeline says when it was exported.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.accounts.formats.usage import decode_counters
from codex_proxy.accounts.formats.writing import ExportedAccount, ExportFormat, entry_of, file_name, file_of
from codex_proxy.accounts.lifecycle.condition import FRESH
from codex_proxy.accounts.lifecycle.status import AccountStatus, quota_facts, shown
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, obstacles_of
from codex_proxy.accounts.quota.shown import shown_quota
from codex_proxy.accounts.record import AccountEvent, AccountRecord, Secrets
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.operations.slices import in_slices
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.operations.transfer.times import iso, read_iso

EXPORTED: Final = "exported"
READ_AT_ONCE: Final = 200
_NAMED: Final = 5


class UnknownAccounts(Exception):
    """Some of the accounts that were asked for are not there; names the first of them."""


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with every secret that its form holds."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"ExportedFile(name={self.name!r})"


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside the records, by row id."""

    counters: Mapping[str, bytes]
    ways: Mapping[str, str]


class AccountExport:
    """Exports accounts."""

    def __init__(self, parts: TransferParts) -> None:
        self._parts = parts

    async def run(self, form: ExportFormat, *, row_ids: Sequence[str] | None = None) -> ExportedFile:
        """All accounts or those with these ids, oldest first.

        Raises:
            UnknownAccounts: an id is no account's.
            StoreUnusable: what is here cannot be read.
        """
        records = _chosen((await self._parts.store.load()).changed, row_ids)
        beside = _Beside(counters=await self._parts.store.load_counters(), ways=self._parts.proxies.assignments)
        now, entries, statuses = self._parts.clock.now(), list[JsonObject](), dict[str, AccountStatus]()
        for start in range(0, len(records), READ_AT_ONCE):
            batch = records[start : start + READ_AT_ONCE]
            secrets = await self._parts.store.secrets_of([record.row_id for record in batch])
            known = [record for record in batch if record.row_id in secrets]
            async for record in in_slices(known, self._parts.clock):
                account = self._exported(record, secrets[record.row_id], beside)
                statuses[record.row_id] = account.status
                entry = entry_of(account, form, now=now, iso=iso)
                if entry is not None:
                    entries.append(entry)
        self._note(statuses, form, now)
        content = await asyncio.to_thread(msgspec.json.encode, file_of(entries, form, now=now, iso=iso))
        return ExportedFile(name=file_name(form, now=now, iso=iso), content=content)

    def _exported(self, record: AccountRecord, secrets: Secrets, beside: _Beside) -> ExportedAccount:
        now, row_id = self._parts.clock.now(), record.row_id
        condition, credential = self._parts.pool.condition(row_id) or (FRESH, _facts(record, secrets))
        kept = beside.counters.get(row_id)
        return ExportedAccount(
            record=record,
            secrets=secrets,
            status=shown(condition, credential, now=now).status,
            usage=decode_counters(kept or b"{}", read_time=read_iso),
            quota=shown_quota(quota_facts(condition, now=now), now=now),
            quota_at=max((bucket.observed_at for bucket in condition.buckets), default=None),
            quota_doubtful=any(one.needs_probe for one in obstacles_of(condition, credential, now=now)),
            way=beside.ways.get(row_id),
        )

    def _note(self, statuses: Mapping[str, AccountStatus], form: ExportFormat, now: float) -> None:
        for row_id, status in statuses.items():
            event = AccountEvent(
                row_id=row_id,
                at=now,
                before=status.value,
                after=status.value,
                reason=EXPORTED,
                evidence={"format": form.value},
            )
            self._parts.pool.journal.tell(event)


def _chosen(records: Sequence[AccountRecord], row_ids: Sequence[str] | None) -> list[AccountRecord]:
    wanted = None if row_ids is None else set(row_ids)
    chosen = [record for record in records if wanted is None or record.row_id in wanted]
    missing = sorted((wanted or set()) - {record.row_id for record in chosen})
    if missing:
        raise UnknownAccounts(f"ids: there is no account {', '.join(missing[:_NAMED])}")
    return sorted(chosen, key=lambda record: (record.added_at, record.row_id))


def _facts(record: AccountRecord, secrets: Secrets) -> CredentialFacts:
    """What the verdict looks at, of an account that the pool has not heard of yet."""
    return CredentialFacts(
        enabled=record.enabled,
        death=record.death,
        died_at=record.died_at,
        expires_at=record.expires_at,
        has_access_token=secrets.access_token is not None,
        has_refresh_token=record.has_refresh_token,
        generation=record.generation,
    )
