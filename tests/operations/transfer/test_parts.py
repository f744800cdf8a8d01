"""The gateway's accounts are what an import tells of those that came."""

from typing import TYPE_CHECKING

from codex_proxy.accounts.store import Edit
from tests.accounts.formats.samples import COLLEAGUE, NOW, OWNER
from tests.operations.transfer.hall import Hall

if TYPE_CHECKING:
    from codex_proxy.operations.transfer.parts import ArrivingAccounts


async def test_accounts_that_came_are_read_from_the_store_together() -> None:
    hall = Hall()
    records = [await hall.keep(OWNER), await hall.keep(COLLEAGUE)]
    edited = await hall.store.edit_many({record.row_id: Edit(label="mine") for record in records})
    await hall.store.remove([records[1].row_id], now=NOW)
    live: ArrivingAccounts = hall.keeper
    await live.take_all([*edited.values()])
    assert hall.states().keys() == {records[0].row_id}
