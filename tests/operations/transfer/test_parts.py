"""The gateway's accounts are what an import tells of those that came."""

from typing import TYPE_CHECKING

from tests.accounts.formats.samples import COLLEAGUE, OWNER
from tests.operations.transfer.hall import Hall

if TYPE_CHECKING:
    from codex_proxy.operations.transfer.parts import ArrivingAccounts


async def test_accounts_that_came_are_read_from_the_store_together() -> None:
    hall = Hall()
    records = [await hall.keep(OWNER), await hall.keep(COLLEAGUE)]
    await hall.store.remove([records[1].row_id])
    live: ArrivingAccounts = hall.keeper
    await live.take_all(records)
    assert hall.states().keys() == {records[0].row_id}
