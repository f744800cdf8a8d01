"""Taking over the accounts of the Node system that were kept in the same data directory, once.

Rules of this file: the files stay as they are, byte for byte; what was taken over is marked in the store, so that it
never happens again, also when the owner has removed accounts since.  A file that cannot be read is told about and
tried again at the next start.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.accounts.record import FingerprintMode
from codex_proxy.accounts.store import AccountStore, Edit
from codex_proxy.storage.legacy.node_files import (
    NodeAccount,
    NodeAccounts,
    NodeFileUnreadable,
    parse_accounts_json,
    parse_auth_json,
    parse_entries,
    parse_row,
)
from codex_proxy.storage.sql.marks import SqlMarks

MARK: Final = "node_import"
BATCH: Final = 50  # so many accounts hold up other processes together
_WAL: Final = "-wal"


class NodeImport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: the file, how many accounts were new here or known already, and what did not come along."""

    source: str | None = None
    added: int = 0
    updated: int = 0
    skipped: tuple[str, ...] = ()


async def import_node_files(
    data_dir: Path, *, accounts: AccountStore, marks: SqlMarks, issuer: str, now: float
) -> NodeImport | None:
    """Take over what lies in the data directory; None where there is nothing, or it was done before.

    ``issuer`` is recorded as whose the accounts are; ``now`` in epoch seconds.

    Raises:
        StoreUnusable: the store cannot be read or written; the next start goes on.
    """
    if await marks.has(MARK):
        return None
    source, found = await asyncio.to_thread(_found, data_dir, issuer)
    if source is None:
        return NodeImport(skipped=found.skipped) if found.skipped else None
    added = 0
    for start in range(0, len(found.accounts), BATCH):
        added += await _take_over(accounts, found.accounts[start : start + BATCH], now)
    await marks.set(MARK, now=now)
    return NodeImport(source=source, added=added, updated=len(found.accounts) - added, skipped=found.skipped)


async def _take_over(accounts: AccountStore, batch: Sequence[NodeAccount], now: float) -> int:
    """Keep some accounts with what the owner wants of them; how many are new."""
    outcomes = await accounts.put_many([account.new for account in batch], now=now)
    # one that is known already may be left from an import that was cut short
    kept = [(outcome.record.row_id, account) for outcome, account in zip(outcomes, batch, strict=True)]
    edits = {
        row_id: Edit(enabled=account.enabled, fingerprint_mode=account.fingerprint_mode)
        for row_id, account in kept
        if not account.enabled or account.fingerprint_mode is not FingerprintMode.OFF
    }
    await accounts.edit_many(edits)
    await accounts.keep_counters({row_id: account.counters for row_id, account in kept if account.counters is not None})
    return sum(outcome.added for outcome in outcomes)


def _found(data_dir: Path, issuer: str) -> tuple[str | None, NodeAccounts]:
    """The first file that has accounts, newest form first, and why earlier ones have none."""
    complaints: list[str] = []
    for name, read in _FORMS:
        if not (data_dir / name).exists():
            continue
        try:
            found = read(data_dir / name, issuer)
        except (NodeFileUnreadable, OSError, sqlite3.Error) as error:
            complaints.append(f"{name}: {getattr(error, 'strerror', None) or error}")
            continue
        if found.accounts or found.skipped:
            return name, msgspec.structs.replace(found, skipped=(*complaints, *found.skipped))
    return None, NodeAccounts(skipped=tuple(complaints))


def _read_sqlite(path: Path, issuer: str) -> NodeAccounts:
    # A copy: SQLite itself would write beside the original, and into it what its -wal holds.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if (wal := path.with_name(path.name + _WAL)).exists():
            shutil.copyfile(wal, copy.with_name(copy.name + _WAL))
        with closing(sqlite3.connect(copy)) as connection:
            rows = connection.execute("SELECT entry_json FROM accounts ORDER BY rowid").fetchall()
    return parse_entries([parse_row(row[0]) for row in rows], issuer=issuer)


_FORMS: Final[tuple[tuple[str, Callable[[Path, str], NodeAccounts]], ...]] = (
    ("accounts.sqlite", _read_sqlite),
    ("accounts.json", lambda path, issuer: parse_accounts_json(path.read_bytes(), issuer=issuer)),
    ("auth.json", lambda path, issuer: parse_auth_json(path.read_bytes(), issuer=issuer)),
)
