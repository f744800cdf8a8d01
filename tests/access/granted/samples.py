"""Handed-out keys to test with."""

from typing import Any

from codex_proxy.access.granted.budgets import Budget, Unit
from codex_proxy.access.granted.key import GrantedKey, granted_digest, shown_of
from codex_proxy.access.granted.periods import Period
from codex_proxy.access.keys import INFERENCE

SECRET = "sk-proxy-0123456789abcdef0123456789abcdef"
KEY_ID = "ck_0123456789abcdef"
NOW = 1_790_000_000.0


def granted(key_id: str = KEY_ID, secret: str = SECRET, **members: Any) -> GrantedKey:
    """A key that may do everything, but for ``members``."""
    told: dict[str, Any] = {
        "name": "one",
        "digest": granted_digest(secret),
        "shown": shown_of(secret),
        "scopes": frozenset({INFERENCE}),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return GrantedKey(key_id=key_id, **told | members)


def usd(micro: int, period: Period = Period.TOTAL) -> Budget:
    """A budget of so many micro-dollars."""
    return Budget(period=period, unit=Unit.USD, limit=micro)


def tokens(count: int, period: Period = Period.TOTAL) -> Budget:
    """A budget of so many tokens."""
    return Budget(period=period, unit=Unit.TOKENS, limit=count)
