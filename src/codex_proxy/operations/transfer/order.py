"""The order in which rows are taken.

Rules of this file: pure.  Credentials that work as they are come first, so that a refresh token that one of them brings
is never exchanged for another row.
"""

from collections.abc import Sequence

from codex_proxy.accounts.formats.rows import AccountRow, Row


def in_order(rows: Sequence[Row], *, now: float) -> tuple[list[AccountRow], list[AccountRow]]:
    """The accounts that can be kept as they are, and those whose refresh token may have to be exchanged."""
    accounts = [row for row in rows if isinstance(row, AccountRow)]
    return [row for row in accounts if row.is_good(now)], [row for row in accounts if not row.is_good(now)]
