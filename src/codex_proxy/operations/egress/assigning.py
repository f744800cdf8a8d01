"""Who leaves through which proxy, as the owner decides it: one by one, many at once, in turn, or from a file.

Rules of this file: a change holds as a whole or not at all; whoever is not known is an error by name.  In files an
account is known by its e-mail address together with its id, since one address may have several workspaces, and a proxy
by its id, or by its name where that names one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.accounts.egress.ways import Mode
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.operations.egress.formats import BadRow
from codex_proxy.operations.egress.pool import NoSuchProxy, ProxyPool

MODE_NAMES: Final = {Mode.GLOBAL: "Global", Mode.DIRECT: "Direct", Mode.AUTO: "Auto"}
_GLOBAL: Final = str(Mode.GLOBAL)
_NAMED: Final = 5  # of the ids that are nobody's


class NoSuchAccounts(Exception):
    """There are no accounts of these ids."""

    def __init__(self, row_ids: Sequence[str]) -> None:
        super().__init__(f"there is no account {', '.join(row_ids[:_NAMED])}{' …' if len(row_ids) > _NAMED else ''}")
        self.row_ids = tuple(row_ids)


class AssignedWay(msgspec.Struct, frozen=True, kw_only=True):
    """How an account is meant to leave: a proxy's id or a mode's word, and what that is called."""

    proxy_id: str
    proxy_name: str


class ListedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a file; at least one of ``email`` and ``account_id`` and one of ``proxy_id`` and ``proxy_name``.

    ``account_id`` is our row id or the upstream's id of the workspace.
    """

    email: str | None = None
    account_id: str | None = None
    proxy_id: str | None = None
    proxy_name: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would change: an account and its way out before and after."""

    row_id: str
    email: str | None
    before: str
    after: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would do; ``errors`` are rows that would do nothing."""

    changes: tuple[Change, ...]
    unchanged_count: int
    errors: tuple[BadRow, ...] = ()


class Assignments:
    """Use cases over the ways out of accounts; those that change something raise ``StoreUnusable``."""

    def __init__(self, pool: ProxyPool, accounts: Callable[[], Sequence[AccountRecord]]) -> None:
        self._pool = pool
        self._accounts = accounts

    def of(self, row_id: str) -> AssignedWay:
        """How this account is meant to leave."""
        proxy_id = self._pool.assignments.get(row_id, _GLOBAL)
        return AssignedWay(proxy_id=proxy_id, proxy_name=self._name_of(proxy_id))

    async def assign(self, assignments: Mapping[str, str]) -> int:
        """Give accounts their ways out: a mode's word or a proxy's id by row id; how many were given.

        Raises:
            NoSuchAccounts: see there.
            NoSuchTarget: see there.
        """
        self._check_accounts(assignments)
        targets = {row_id: self._pool.target_of(proxy_id) for row_id, proxy_id in assignments.items()}
        await self._pool.keep_assignments(targets)
        return len(targets)

    async def unassign(self, row_id: str) -> None:
        """The account leaves the global way again; raises ``NoSuchAccounts``."""
        await self.assign({row_id: _GLOBAL})

    async def assign_in_turn(self, row_ids: Sequence[str], proxy_ids: Sequence[str]) -> Mapping[str, str]:
        """Give the accounts, in this order, one of the proxies each, in turn; what each was given, by row id.

        ``proxy_ids`` names at least one.

        Raises:
            NoSuchAccounts: see there.
            NoSuchTarget: see there.
        """
        for proxy_id in proxy_ids:
            self._pool.target_of(proxy_id)
        wanted = dict.fromkeys(row_ids)
        turns = {row_id: proxy_ids[place % len(proxy_ids)] for place, row_id in enumerate(wanted)}
        await self.assign(turns)
        return turns

    def export(self) -> tuple[ListedAssignment, ...]:
        """Every account that has a way of its own."""
        records = [record for record in self._accounts() if record.row_id in self._pool.assignments]
        return tuple(
            ListedAssignment(
                email=record.email,
                account_id=record.row_id,
                proxy_id=assigned.proxy_id,
                proxy_name=assigned.proxy_name,
            )
            for record, assigned in ((record, self.of(record.row_id)) for record in records)
        )

    def preview(self, listed: Sequence[ListedAssignment | None]) -> Preview:
        """What these rows would change, as ``assign`` would take it; nothing is changed.  A row may be None."""
        changes: dict[str, Change] = {}
        same: set[str] = set()
        errors: list[BadRow] = []
        for number, row in enumerate(listed, start=1):
            try:
                change = self._change_of(row)
            except _Unclear as unclear:
                errors.append(BadRow(row=number, error=str(unclear)))
                continue
            changes.pop(change.row_id, None)
            same.discard(change.row_id)
            if change.before == change.after:
                same.add(change.row_id)
            else:
                changes[change.row_id] = change
        return Preview(changes=tuple(changes.values()), unchanged_count=len(same), errors=tuple(errors))

    # -------------------------------------------------------------------------------------------------- within

    def _check_accounts(self, row_ids: Mapping[str, object]) -> None:
        known = {record.row_id for record in self._accounts()}
        strange = [row_id for row_id in row_ids if row_id not in known]
        if strange:
            raise NoSuchAccounts(strange)

    def _name_of(self, proxy_id: str) -> str:
        if proxy_id in MODE_NAMES:
            return MODE_NAMES[Mode(proxy_id)]
        try:
            return self._pool.find(proxy_id).name
        except NoSuchProxy:
            return proxy_id

    def _change_of(self, row: ListedAssignment | None) -> Change:
        if row is None:
            raise _Unclear("the row is no assignment")
        record, proxy_id = self._account_of(row), self._proxy_of(row)
        return Change(row_id=record.row_id, email=record.email, before=self.of(record.row_id).proxy_id, after=proxy_id)

    def _account_of(self, row: ListedAssignment) -> AccountRecord:
        if row.email is None and row.account_id is None:
            raise _Unclear("email and accountId are missing")
        found = [record for record in self._accounts() if _fits(record, row)]
        if len(found) > 1:
            raise _Unclear("several accounts have this email: say which with accountId")
        if not found:
            raise _Unclear("there is no such account")
        return found[0]

    def _proxy_of(self, row: ListedAssignment) -> str:
        proxies = self._pool.proxies
        if row.proxy_id is not None and row.proxy_id in {*Mode, *(proxy.proxy_id for proxy in proxies)}:
            return row.proxy_id
        named = [proxy.proxy_id for proxy in proxies if row.proxy_name is not None and proxy.name == row.proxy_name]
        if len(named) > 1:
            raise _Unclear("several proxies have this name: say which with proxyId")
        if not named:
            raise _Unclear("there is no such proxy")
        return named[0]


class _Unclear(Exception):
    """Why a row of a file says nothing."""


def _fits(record: AccountRecord, row: ListedAssignment) -> bool:
    same_email = row.email is None or (record.email or "").lower() == row.email.lower()
    same_id = row.account_id is None or row.account_id in {record.row_id, record.identity.account_id}
    return same_email and same_id
