"""Errors into their groups, and the oldest groups out.

Rules of this file: of a group the latest few requests and reports are kept; what was resolved is open when it happens
again.  All of it runs in the log's thread.
"""

import sqlite3
from typing import Final

import msgspec

from codex_proxy.operations.error_log.store import GroupState, KeptReport
from codex_proxy.operations.request_log.rows import Trouble
from codex_proxy.storage.request_log.transaction import Transaction

MOST_GROUPS: Final = 500
MOST_SAMPLES: Final = 5
REPORTED: Final = KeptReport.__struct_fields__
_TEXTS: Final = "length(message) + length(shape) + length(samples)"
_REPORTED_TEXTS: Final = "length(message) + length(name) + ifnull(length(stack), 0) + ifnull(length(context), 0)"


def count_trouble(connection: sqlite3.Connection, trouble: Trouble) -> None:
    """Count it in its group; raises ``sqlite3.Error``."""
    found = connection.execute("SELECT samples FROM error_groups WHERE signature = ?", (trouble.signature,)).fetchone()
    earlier: list[str] = msgspec.json.decode(found[0]) if found else []
    latest = earlier if trouble.request_id is None else [trouble.request_id, *earlier]
    columns = {
        "signature": trouble.signature,
        "kind": trouble.kind,
        "upstream": trouble.upstream,
        "model": trouble.model,
        "shape": trouble.shape,
        "message": trouble.message,
        "count": 1,
        "first_seen": trouble.at,
        "last_seen": trouble.at,
        "samples": msgspec.json.encode(latest[:MOST_SAMPLES]).decode(),
        "source": trouble.source,
    }
    connection.execute(
        f"INSERT INTO error_groups ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        "ON CONFLICT (signature) DO UPDATE SET count = count + 1, last_seen = excluded.last_seen, "
        "message = excluded.message, samples = excluded.samples, "
        "state = CASE state WHEN 'resolved' THEN 'open' ELSE state END",
        tuple(columns.values()),
    )


def add_report(connection: sqlite3.Connection, trouble: Trouble, report: KeptReport, *, size_bytes: int) -> None:
    """Count and keep it, within ``size_bytes`` of all texts; raises ``sqlite3.Error``."""
    with Transaction(connection):
        count_trouble(connection, trouble)
        connection.execute(
            f"INSERT INTO error_reports (signature, {', '.join(REPORTED)}) VALUES (?{', ?' * len(REPORTED)})",
            (trouble.signature, *(getattr(report, name) for name in REPORTED)),
        )
        connection.execute(
            "DELETE FROM error_reports WHERE signature = ?1 AND id NOT IN "
            "(SELECT id FROM error_reports WHERE signature = ?1 ORDER BY id DESC LIMIT ?2)",
            (trouble.signature, MOST_SAMPLES),
        )
        retain_errors(connection, size_bytes=size_bytes)


def retain_errors(connection: sqlite3.Connection, *, size_bytes: int) -> None:
    """Let the groups go that were last seen longest ago, beyond so many groups and so many bytes of texts.

    Raises ``sqlite3.Error``; wants a transaction.
    """
    sizes: dict[str, int] = dict(connection.execute(f"SELECT signature, {_TEXTS} FROM error_groups ORDER BY last_seen"))
    reported = f"SELECT signature, sum({_REPORTED_TEXTS}) FROM error_reports GROUP BY signature"
    for signature, reported_bytes in connection.execute(reported):
        sizes[signature] = sizes.get(signature, 0) + reported_bytes
    total_bytes = sum(sizes.values())
    for count, (signature, group_bytes) in enumerate(list(sizes.items())):
        if len(sizes) - count <= MOST_GROUPS and total_bytes <= size_bytes:
            break
        total_bytes -= group_bytes
        for table in ("error_groups", "error_reports"):
            connection.execute(f"DELETE FROM {table} WHERE signature = ?", (signature,))


def set_state(connection: sqlite3.Connection, signature: str, state: GroupState) -> bool:
    """Whether there is such a group, which has this state now; raises ``sqlite3.Error``."""
    changed = connection.execute("UPDATE error_groups SET state = ? WHERE signature = ?", (state.value, signature))
    return changed.rowcount > 0


def see_errors(connection: sqlite3.Connection) -> int:
    """All were seen; how many there are.  Raises ``sqlite3.Error``."""
    connection.execute("UPDATE error_groups SET seen_count = count WHERE seen_count < count")
    (count,) = connection.execute("SELECT ifnull(sum(count), 0) FROM error_groups").fetchone()
    return int(count)


def clear_errors(connection: sqlite3.Connection) -> None:
    """Forget every group; raises ``sqlite3.Error``."""
    with Transaction(connection):
        for table in ("error_groups", "error_reports"):
            connection.execute(f"DELETE FROM {table}")
