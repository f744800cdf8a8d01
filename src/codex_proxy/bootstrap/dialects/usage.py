"""Where clients of the upstream's own ask for their usage, and who answers.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from typing import Final

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.operations.pool_usage import pool_usage
from codex_proxy.server.api.status import TellKey, UsageEndpoint
from codex_proxy.server.app import Route

USAGE_PATHS: Final = ("/wham/usage", "/backend-api/wham/usage", "/api/codex/usage", "/codex/usage", "/usage")
"""The last is what is left of ``/backend-api/codex/usage``."""


def usage_routes(pool: AccountPool, now: Callable[[], float], tell_key: TellKey | None = None) -> dict[str, Route]:
    """The routes over one pool; ``now`` gives epoch seconds, ``tell_key`` what is told to a key with budgets."""
    endpoint = UsageEndpoint(lambda only: pool_usage(pool, now(), only=only), tell_key)
    return dict.fromkeys(USAGE_PATHS, Route(by_method={"GET": endpoint}))
