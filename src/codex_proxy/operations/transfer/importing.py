"""Accounts taken in from a file.

Rules of this file: credentials that work are kept in batches and never tried out, since a call right after a login was
seen to get accounts banned.  A refresh token without them is on disk before it is exchanged, by the one function that
exchanges any, and two of them at a time.  What was issued earlier never replaces what is here.  An account that came is
out of every hindrance; whether it is enabled stays its owner's.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from codex_proxy.accounts.formats.reading import file_of, rows_of
from codex_proxy.accounts.formats.rows import AccountFile, AccountRow, ReadingRules
from codex_proxy.accounts.formats.tokens import redacted
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.store import NewAccount, PutOutcome, StoreUnusable
from codex_proxy.operations.jobs_book import JobFailed, Ticket, Work
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed
from codex_proxy.operations.slices import in_slices
from codex_proxy.operations.transfer.bodies import BodyForm, find_in_body
from codex_proxy.operations.transfer.order import in_order
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.operations.transfer.previewing import Known, PreviewedRow, in_their_order, previewed
from codex_proxy.operations.transfer.restoring import Kept, Restoring
from codex_proxy.operations.transfer.tally import NEWER_HERE, Imported, Tally
from codex_proxy.operations.transfer.times import read_iso

_Item = TypeVar("_Item")

BATCH: Final = 50  # so many credentials hold up other writers together
BREATH_SECONDS: Final = 0.01  # between batches, whose threads take turns with the loop while they work
EXCHANGES_AT_ONCE: Final = 2
READ_AT_ONCE: Final = 200
CANCELLED: Final = "the import was cancelled"


class AccountImport:
    """Imports files.  ``read`` comes first, then ``preview`` or ``run``."""

    def __init__(self, parts: TransferParts) -> None:
        self._parts = parts

    async def read(self, body: bytes, form: BodyForm, *, include_state: bool = False) -> AccountFile:
        """The file in a body, decoded beside the loop and read in slices on it.

        Raises:
            ImportUnreadable: nothing can be taken from it.
        """
        rules = ReadingRules(
            issuer=self._parts.issuer,
            client_id=self._parts.client_id,
            now=self._parts.clock.now(),
            read_time=read_iso,
            include_state=include_state,
        )
        found = await asyncio.to_thread(find_in_body, body, form)
        return file_of(found, [row async for row in in_slices(rows_of(found, rules), self._parts.clock)])

    async def preview(self, file: AccountFile) -> tuple[PreviewedRow, ...]:
        """What an import would do with each row, in order; nothing is changed and nobody asked.

        Raises:
            StoreUnusable: what is here cannot be read.
        """
        records = (await self._parts.store.load()).changed
        known = Known(records)
        if any(isinstance(row, AccountRow) and row.grant.secrets.access_token is None for row in file.rows):
            for batch in _batches([record.row_id for record in records], READ_AT_ONCE):
                known.hold(await self._parts.store.secrets_of(batch))
        rows = previewed(file.rows, known, now=self._parts.clock.now())
        return in_their_order([row async for row in in_slices(rows, self._parts.clock)])

    async def run(self, file: AccountFile, ticket: Ticket | None = None) -> Imported:
        """Take the accounts in; ``ticket`` is told how far it is and may stop it between two rows.

        What cannot be done is in the answer, a store that fails too.
        """
        return await _Run(self._parts, file, ticket or Ticket()).all()

    def work(self, file: AccountFile) -> Work:
        """The same as a job, which fails where the store does; its result is an ``Imported``."""

        async def taken_in(ticket: Ticket) -> Imported:
            imported = await self.run(file, ticket)
            if not imported.success and not ticket.stop_wanted:
                raise JobFailed(imported.errors[-1], imported)
            return imported

        return taken_in


class _Run:
    """One import."""

    def __init__(self, parts: TransferParts, file: AccountFile, ticket: Ticket) -> None:
        self._parts = parts
        self._file = file
        self._ticket = ticket
        self._tally = Tally(file.rows, ticket)
        self._restoring = Restoring(parts, self._tally)
        self._is_broken = False

    async def all(self) -> Imported:
        ready, others = in_order(self._file.rows, now=self._parts.clock.now())
        try:
            await self._restoring.begin(self._file)
            for batch in _batches(ready, BATCH):
                if self._has_to_stop():
                    break
                await self._keep(batch)
                self._tally.tell()
                await asyncio.sleep(BREATH_SECONDS)
        except StoreUnusable as error:
            self._break(error)
        rows = iter(others)
        async with asyncio.TaskGroup() as exchanges:
            for _ in range(EXCHANGES_AT_ONCE):
                exchanges.create_task(self._exchange_all(rows))
        return self._tally.result()

    def _has_to_stop(self) -> bool:
        if self._ticket.stop_wanted and not self._is_broken:
            self._tally.stop(CANCELLED)
        return self._ticket.stop_wanted or self._is_broken

    def _break(self, error: StoreUnusable) -> None:
        self._is_broken = True
        self._tally.stop(str(error))

    # ---------------------------------------------------------------------------- credentials that work as they are

    async def _keep(self, batch: Sequence[AccountRow]) -> None:
        new = [self._new(row) for row in batch]
        async with self._parts.live.arriving():
            outcomes = await self._parts.store.put_many(new, now=self._parts.clock.now())
            put = list(zip(batch, outcomes, strict=True))
            kept = [Kept(row=row, record=each.record, added=each.added) for row, each in put if not each.kept_newer]
            await self._go_live(kept)
        for row, outcome in put:
            self._count(row, outcome)

    def _new(self, row: AccountRow) -> NewAccount:
        grant = row.grant
        client_key = row.state.client_key if row.state is not None else None
        return NewAccount(
            row_id=self._parts.new_id(),
            identity=grant.identity,
            secrets=replace(grant.secrets, client_key=client_key),
            email=grant.email,
            plan=grant.plan,
            label=row.label,
            issued_at=grant.issued_at,
            expires_at=grant.expires_at,
        )

    async def _go_live(self, kept: Sequence[Kept]) -> None:
        await self._parts.live.take_all(await self._restoring.restore(kept))
        now = self._parts.clock.now()
        for each in kept:
            self._parts.pool.settle(each.record.row_id, News(occurrence=Occurrence.LOGGED_IN), now)

    def _count(self, row: AccountRow, outcome: PutOutcome) -> None:
        if outcome.kept_newer:
            self._tally.skipped(row.index, NEWER_HERE)
        else:
            self._tally.taken(row, added=outcome.added)

    # ---------------------------------------------------------------------- refresh tokens that have to be exchanged

    async def _exchange_all(self, rows: Iterator[AccountRow]) -> None:
        while not self._has_to_stop():
            row = next(rows, None)
            if row is None:
                return
            try:
                await self._exchange(row)
            except StoreUnusable as error:
                self._break(error)
            self._tally.tell()

    async def _exchange(self, row: AccountRow) -> None:
        async with self._parts.live.arriving():
            put = await self._parts.store.put(self._new(row), now=self._parts.clock.now())
            if put.kept_newer:
                self._tally.skipped(row.index, NEWER_HERE)
                return
            [record] = await self._restoring.restore([Kept(row=row, record=put.record, added=put.added)])
        if record.death is not None:
            self._tally.failed(row.index, f"this refresh token works no more ({record.death}): {_named(row)}")
        elif (record.expires_at or 0.0) > self._parts.clock.now():  # the token of an account that is well
            await self._go_live([Kept(row=row, record=record, added=False)])
            self._tally.taken(row, added=put.added)
        else:
            refreshed = await self._parts.refreshing.refresh(record.row_id, seen=record.generation)
            await self._exchanged(row, put, refreshed)

    async def _exchanged(self, row: AccountRow, put: PutOutcome, refreshed: Refreshed) -> None:
        record = refreshed.record
        if not refreshed.has_newer or record is None:
            await self._refused(row, put, refreshed)
            return
        added = put.added and record.row_id == put.record.row_id
        await self._go_live([Kept(row=row, record=record, added=added)])
        self._tally.taken(row, added=added)

    async def _refused(self, row: AccountRow, put: PutOutcome, refreshed: Refreshed) -> None:
        """Tell why; an account that was made for a token that works no more goes again."""
        if refreshed.outcome is Outcome.DEAD and put.added:
            await self._parts.store.remove((put.record.row_id,), now=self._parts.clock.now())
        message = refreshed.message or "the refresh token brought no access token"
        is_kept = refreshed.outcome not in {Outcome.DEAD, Outcome.GONE}
        later = "; it is kept and tried again later" if is_kept else ""
        self._tally.failed(row.index, f"{message}: {_named(row)}{later}")


def _named(row: AccountRow) -> str:
    return f"refresh token {redacted(row.grant.secrets.refresh_token or '')}"


def _batches(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
