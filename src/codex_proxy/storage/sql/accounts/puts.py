"""Credentials kept on the tables: which account each is for, and what that account holds then.

Rules of this file: one transaction.  Many credentials take as few statements as one; where one of them depends on
another, they are compared one after another.
"""

from collections.abc import Sequence

from codex_proxy.accounts.store import NewAccount, PutOutcome
from codex_proxy.storage.sql.accounts.matching import marks_of, sort_out
from codex_proxy.storage.sql.accounts.refreshes import Refreshes
from codex_proxy.storage.sql.accounts.table import AccountTable
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.storage.succession import Held, agrees, made, merged, succeeded


def put(transaction: Transaction, new: NewAccount, now: float) -> PutOutcome:
    """See ``AccountStore``."""
    table = AccountTable(transaction)
    named, known = table.of_identity(new.identity), table.of_tokens(new.secrets, new.identity)
    held = named or known
    if held is None:
        if transaction.known([new.row_id]):
            raise ValueError(f"row_id: {new.row_id} is another account's")
        return PutOutcome(record=table.add(made(new, now=now)), added=True)
    after = succeeded(held, new)
    if after is None:
        return PutOutcome(record=held.record, kept_newer=True)
    if named is not None and known is not None and named.record.row_id != known.record.row_id:
        after = merged(after, known)
        table.remove_all([known.record.row_id], now=now)
    _forget_spent(transaction, [(held, after)])
    return PutOutcome(record=table.change(held, after))


def put_many(transaction: Transaction, new: Sequence[NewAccount], now: float) -> tuple[PutOutcome, ...]:
    """See ``AccountStore``."""
    table = AccountTable(transaction)
    found = sort_out(new, table.marked([marks_of(each) for each in new]) if new else [])
    outcomes = dict(
        zip(
            sorted(found.strangers),
            _added(table, [made(new[place], now=now) for place in sorted(found.strangers)]),
            strict=True,
        )
    )
    known = [(found.known[place], new[place]) for place in sorted(found.known)]
    outcomes |= zip(sorted(found.known), _given(transaction, known), strict=True)
    return tuple(
        outcomes[place] if place in outcomes else put(transaction, each, now) for place, each in enumerate(new)
    )


def adopt(transaction: Transaction, new: NewAccount) -> PutOutcome | None:
    """See ``AccountStore``."""
    table = AccountTable(transaction)
    held = table.get(new.row_id)
    if held is None or not agrees(held.record.identity, new.identity):
        return None
    return _given(transaction, [(table.of_identity(new.identity) or held, new)])[0]


def _added(table: AccountTable, accounts: Sequence[Held]) -> list[PutOutcome]:
    return [PutOutcome(record=record, added=True) for record in table.add_all(accounts)]


def _given(transaction: Transaction, pairs: Sequence[tuple[Held, NewAccount]]) -> list[PutOutcome]:
    """Give each of these accounts its credential."""
    after = [succeeded(held, new) for held, new in pairs]
    changes = [(held, held if then is None else then) for (held, _), then in zip(pairs, after, strict=True)]
    _forget_spent(transaction, changes)
    records = AccountTable(transaction).change_all(changes)
    return [PutOutcome(record=record, kept_newer=then is None) for record, then in zip(records, after, strict=True)]


def _forget_spent(transaction: Transaction, changes: Sequence[tuple[Held, Held]]) -> None:
    """Take away the intents of refresh tokens that are not held any more."""
    replaced = [
        held.record.row_id for held, then in changes if then.secrets.refresh_token != held.secrets.refresh_token
    ]
    Refreshes(transaction).forget(replaced)
