"""The store of accounts in memory: what tests use that are about something else.

It passes the contract suite beside it, as every store does.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from codex_proxy.accounts.record import AccountEvent, AccountRecord, Death, Identity, RefreshIntent, Secrets
from codex_proxy.accounts.store import Changes, Edit, NewAccount, PutOutcome, Renewed
from codex_proxy.storage.succession import (
    Held,
    agrees,
    identity_digest,
    made,
    merged,
    renewed,
    succeeded,
    token_digest,
)

MAX_EVENTS = 1000


class MemoryAccountStore:
    """Implements ``AccountStore``."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._removed: dict[str, tuple[int, float]] = {}
        self._intents: dict[str, RefreshIntent] = {}
        self._conditions: dict[str, bytes] = {}
        self._counters: dict[str, bytes] = {}
        self._events: dict[str, list[AccountEvent]] = {}
        self._by_digest: dict[str, str] = {}
        self._revision = 0
        self._forgotten = 0

    def row_ids(self) -> Collection[str]:
        """The accounts that are there."""
        return self._held.keys()

    async def load(self) -> Changes:
        changed = tuple(held.record for _, held in sorted(self._held.items()))
        return Changes(revision=self._revision, changed=changed, whole=True)

    async def changes_since(self, revision: int) -> Changes:
        if not self._forgotten <= revision <= self._revision:
            return await self.load()
        changed = (held.record for _, held in sorted(self._held.items()))
        return Changes(
            revision=self._revision,
            changed=tuple(record for record in changed if record.revision > revision),
            removed=tuple(sorted(row_id for row_id, (at, _) in self._removed.items() if at > revision)),
        )

    async def find(self, row_id: str) -> AccountRecord | None:
        held = self._held.get(row_id)
        return None if held is None else held.record

    async def secrets(self, row_id: str) -> Secrets | None:
        held = self._held.get(row_id)
        return None if held is None else held.secrets

    async def secrets_of(self, row_ids: Sequence[str]) -> Mapping[str, Secrets]:
        return {row_id: self._held[row_id].secrets for row_id in row_ids if row_id in self._held}

    async def put(self, new: NewAccount, *, now: float) -> PutOutcome:
        held, twin = self._known(new)
        if held is None:
            if new.row_id in self._held:
                raise ValueError(f"row_id: {new.row_id} is another account's")
            return PutOutcome(record=self._keep(made(new, now=now)), added=True)
        after = succeeded(held, new)
        if after is None:
            return PutOutcome(record=held.record, kept_newer=True)
        if twin is not None:
            after = merged(after, twin)
            self._drop(twin.record.row_id, now)
        return self._given(held, after)

    def _given(self, held: Held, after: Held) -> PutOutcome:
        if after.secrets.refresh_token != held.secrets.refresh_token:
            self._intents.pop(held.record.row_id, None)
        return PutOutcome(record=held.record if after == held else self._keep(after))

    async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
        before = [dict(table) for table in self._tables()]
        try:
            return tuple([await self.put(each, now=now) for each in new])
        except ValueError:
            for table, held in zip(self._tables(), before, strict=True):
                table.clear()
                table.update(held)
            raise

    async def adopt(self, new: NewAccount) -> PutOutcome | None:
        held = self._held.get(new.row_id)
        if held is None or not agrees(held.record.identity, new.identity):
            return None
        held = self._by_identity(new.identity) or held
        after = succeeded(held, new)
        return PutOutcome(record=held.record, kept_newer=True) if after is None else self._given(held, after)

    async def edit(self, row_id: str, edit: Edit) -> AccountRecord | None:
        return (await self.edit_many({row_id: edit})).get(row_id)

    async def edit_many(self, edits: Mapping[str, Edit]) -> Mapping[str, AccountRecord]:
        return {row_id: self._edit(self._held[row_id], edit) for row_id, edit in edits.items() if row_id in self._held}

    def _edit(self, held: Held, edit: Edit) -> AccountRecord:
        changes = {name: value for name, value in asdict(edit).items() if value is not msgspec.UNSET}
        record = replace(held.record, **changes)
        return record if record == held.record else self._keep(Held(record=record, secrets=held.secrets))

    async def remove(self, row_ids: Sequence[str], *, now: float) -> tuple[str, ...]:
        there = tuple(row_id for row_id in dict.fromkeys(row_ids) if row_id in self._held)
        for row_id in there:
            self._drop(row_id, now)
        return there

    async def forget_removed(self, *, before: float) -> int:
        old = {row_id: at for row_id, (at, removed_at) in self._removed.items() if removed_at < before}
        for row_id in old:
            del self._removed[row_id]
        self._forgotten = max(self._forgotten, *old.values()) if old else self._forgotten
        return len(old)

    async def begin_refresh(self, row_id: str, *, generation: int, now: float) -> RefreshIntent | None:
        held = self._held.get(row_id)
        digest = token_digest(held.secrets.refresh_token) if held else None
        if held is None or digest is None or held.record.generation != generation:
            return None
        intent = RefreshIntent(row_id=row_id, generation=generation, digest=digest, started_at=now)
        before = self._intents.get(row_id)
        if before is not None and before.digest == digest:
            intent = replace(intent, earlier_tries=before.earlier_tries + 1)
        self._intents[row_id] = intent
        return intent

    async def finish_refresh(self, intent: RefreshIntent, news: Renewed, *, now: float) -> AccountRecord | None:
        held = self._of(intent)
        if held is None:
            return None
        after = renewed(held, news)
        self._intents.pop(intent.row_id, None)
        other = self._other(after)
        if other is None:
            return self._keep(after)
        self._drop(intent.row_id, now)
        return self._keep(merged(other, after))

    async def abandon_refresh(
        self, intent: RefreshIntent, *, death: Death | None = None, unsent: bool = False, now: float
    ) -> AccountRecord | None:
        held = self._of(intent)
        if held is None:
            return None
        if unsent and intent.earlier_tries:
            self._intents[intent.row_id] = replace(intent, earlier_tries=intent.earlier_tries - 1)
        else:
            self._intents.pop(intent.row_id, None)
        if death is None:
            return held.record
        return self._keep(Held(record=replace(held.record, death=death, died_at=now), secrets=held.secrets))

    async def open_intents(self) -> tuple[RefreshIntent, ...]:
        return tuple(intent for _, intent in sorted(self._intents.items()))

    async def load_conditions(self) -> Mapping[str, bytes]:
        return dict(self._conditions)

    async def keep_conditions(self, conditions: Mapping[str, bytes]) -> None:
        self._conditions.update({row_id: each for row_id, each in conditions.items() if row_id in self._held})

    async def load_counters(self) -> Mapping[str, bytes]:
        return dict(self._counters)

    async def keep_counters(self, counters: Mapping[str, bytes]) -> None:
        self._counters.update({row_id: each for row_id, each in counters.items() if row_id in self._held})

    async def add_events(self, events: Sequence[AccountEvent]) -> None:
        for event in events:
            if event.row_id in self._held:
                timeline = self._events.setdefault(event.row_id, [])
                timeline.append(event)
                del timeline[:-MAX_EVENTS]

    async def events(self, row_id: str, *, limit: int) -> tuple[AccountEvent, ...]:
        return tuple(reversed(self._events.get(row_id, [])))[:limit]

    def _known(self, new: NewAccount) -> tuple[Held | None, Held | None]:
        """The account a credential is for, and another row that turns out to be the same account."""
        by_identity = self._by_identity(new.identity)
        by_token = self._by_tokens(new)
        if by_identity is None:
            return by_token, None
        twin = by_token if by_token is not by_identity else None
        return by_identity, twin

    def _by_identity(self, identity: Identity) -> Held | None:
        row_id = self._by_digest.get(identity_digest(identity) or "")
        return None if row_id is None else self._held[row_id]

    def _by_tokens(self, new: NewAccount) -> Held | None:
        for token in (new.secrets.access_token, new.secrets.refresh_token):
            row_id = self._by_digest.get(token_digest(token) or "")
            if row_id is not None:
                each = self._held[row_id]
                identity = each.record.identity
                nameless = identity.account_id is None or new.identity.account_id is None
                if nameless and identity.issuer == new.identity.issuer:
                    return each
        return None

    def _other(self, held: Held) -> Held | None:
        other = self._by_identity(held.record.identity)
        return None if other is None or other.record.row_id == held.record.row_id else other

    def _of(self, intent: RefreshIntent) -> Held | None:
        held = self._held.get(intent.row_id)
        return held if held and token_digest(held.secrets.refresh_token) == intent.digest else None

    def _keep(self, held: Held) -> AccountRecord:
        self._revision += 1
        record = replace(held.record, revision=self._revision)
        self._forget(record.row_id)
        self._held[record.row_id] = Held(record=record, secrets=held.secrets)
        self._by_digest.update(dict.fromkeys(_digests(held), record.row_id))
        self._removed.pop(record.row_id, None)
        return record

    def _drop(self, row_id: str, now: float) -> None:
        self._revision += 1
        self._removed[row_id] = (self._revision, now)
        self._forget(row_id)
        for kept in (self._held, self._intents, self._conditions, self._counters, self._events):
            kept.pop(row_id, None)

    def _forget(self, row_id: str) -> None:
        for digest in _digests(self._held.get(row_id)):
            if self._by_digest.get(digest) == row_id:
                del self._by_digest[digest]

    def _tables(self) -> tuple[dict[str, Any], ...]:
        """Everything a put can change."""
        return (self._held, self._removed, self._intents, self._by_digest)


def _digests(held: Held | None) -> list[str]:
    """What an account is found by: its identity and its tokens."""
    if held is None:
        return []
    tokens = (held.secrets.access_token, held.secrets.refresh_token)
    told = [identity_digest(held.record.identity), *(token_digest(token) for token in tokens)]
    return [digest for digest in told if digest is not None]
