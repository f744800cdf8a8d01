"""Credentials that work come before those that have to be exchanged."""

import msgspec

from codex_proxy.operations.transfer.order import in_order
from tests.accounts.formats.samples import COLLEAGUE, DAY, NOW, REFRESH, read, token


def test_rows_that_are_accounts_come_in_two_parts_each_in_its_order() -> None:
    expired = {"token": token(issued_at=NOW - 20 * DAY), "refreshToken": REFRESH}
    rows = read(msgspec.json.encode(["rt_" + "a" * 40, token(), "no token", expired, token(COLLEAGUE)])).rows
    ready, others = in_order(rows, now=NOW)
    assert ([row.index for row in ready], [row.index for row in others]) == ([2, 5], [1, 4])
