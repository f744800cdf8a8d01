"""A pool with an account ``a``, and a scripted upstream to ask in its name."""

import json
from typing import Any

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.ports import Route
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.operations.quota.usage import UsageParts, UsageQueries
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import NOW, EgressTold, FakeClock
from tests.protocols.codex.parts import CLIENT


def account(row_id: str = "a") -> Account:
    return Account(row_id=row_id, credential=Credential(token=f"token-{row_id}", account_id=row_id))


def route(one: Account) -> Route:
    return Route(base_url="http://upstream.invalid/backend-api", account_id=one.row_id, egress_id="p")


def reply(told: Any, status: int = 200) -> ScriptedReply:
    return ScriptedReply(status=status, body=(Piece(json.dumps(told).encode()),))


def usage(percent: float, *, reached: bool = False) -> dict[str, Any]:
    window = {"used_percent": percent, "limit_window_seconds": 18_000, "reset_after_seconds": 60, "reset_at": NOW + 60}
    limit = {"allowed": not reached, "limit_reached": reached, "primary_window": window, "secondary_window": None}
    return {"plan_type": "plus", "rate_limit": limit}


class Ground:
    """Everything a usage query needs."""

    def __init__(self, *accounts: str, concurrency: int = 10) -> None:
        self.transport, self.clock = ScriptedTransport(), FakeClock()
        self.pool = AccountPool(affinity=AffinityMap())
        for row_id in accounts or ("a",):
            self.pool.add(account(row_id), NOW)
        self.egress = EgressTold()
        self.asker = Asker(transport=self.transport, route_of=route, egress=self.egress)
        parts = UsageParts(
            asker=self.asker, pool=self.pool, clock=self.clock, client=lambda: CLIENT, concurrency=concurrency
        )
        self.queries = UsageQueries(parts)

    @property
    def asked(self) -> list[str]:
        return [call.path for _, call in self.transport.calls]
