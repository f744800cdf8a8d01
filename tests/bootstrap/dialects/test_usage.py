"""Where clients ask for their usage."""

from codex_proxy.access.matrix.clients import DATA
from codex_proxy.access.matrix.rules import USAGE, rule_of
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.dialects.usage import usage_routes
from codex_proxy.server.paths import canonical_path

ASKED = (
    "/backend-api/wham/usage",
    "/wham/usage",
    "/backend-api/codex/usage",
    "/api/codex/usage",
    "/codex/usage",
)


def test_q_23_every_path_that_clients_ask_is_answered_and_to_nobody_without_a_key() -> None:
    routes = usage_routes(AccountPool(affinity=AffinityMap()), lambda: 0.0)
    for path in ASKED:
        route = routes[canonical_path(path)]
        assert set(route.by_method) == {"GET"}
        assert rule_of(DATA, "GET", canonical_path(path)) == USAGE
