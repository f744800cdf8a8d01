"""An account that logged in serves at once, whatever stood in its way before.

Rules of this file: a credential that came is on disk before anybody hears of it; what its owner switched off stays off.
"""

from dataclasses import dataclass

from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.parts import LiveAccounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Hears of logins; see ``LoginParts.arrived``."""

    pool: AccountPool
    live: LiveAccounts
    clock: Clock

    async def arrived(self, record: AccountRecord) -> None:
        """Somebody logged in, by whatever way."""
        await self.live.take(record)
        self.pool.settle(record.row_id, News(occurrence=Occurrence.LOGGED_IN), self.clock.now())
