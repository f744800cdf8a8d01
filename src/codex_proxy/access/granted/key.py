"""A client key that was handed out, as it is kept.

Rules of this file: pure; the secret is not here, only its hash and what its owner knows it by.  Such a secret has 128
bits or more, so that its hash needs no key of the installation's, and all replicas know it.
"""

import re
from typing import Final

import msgspec

from codex_proxy.access.granted.budgets import Budget, Unit
from codex_proxy.access.keys import digest_of
from codex_proxy.canonical.tools import Tool

PREFIX: Final = "sk-proxy-"
KEY_ID: Final = re.compile(r"ck_[0-9a-f]{16}")
_TAG: Final = b"codex-proxy client key"
_HEAD: Final = 9
_TAIL: Final = 4
_DOTS: Final = "\N{BULLET}" * 8


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a key may ask; None for no limit.  ``concurrency`` counts answers under way."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None


class GrantedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its terms.

    ``shown`` is the secret's beginning and end.  ``tools`` are offered with its requests, None for those of all keys.
    ``models`` are names in which ``*`` is any text, None for all models.
    ``expires_at``, ``created_at`` and ``updated_at`` are epoch seconds.
    """

    key_id: str
    name: str
    digest: str
    shown: str
    scopes: frozenset[str]
    created_at: float
    updated_at: float
    enabled: bool = True
    expires_at: float | None = None
    models: tuple[str, ...] | None = None
    tools: tuple[Tool, ...] | None = None
    limits: Limits = Limits()
    budgets: tuple[Budget, ...] = ()
    revision: int = 0

    @property
    def has_money_budget(self) -> bool:
        """Whether a price must be known for what it asks."""
        return any(budget.unit is Unit.USD for budget in self.budgets)

    def is_expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What a key used up: requests, those of them that failed, tokens, and money in micro-dollars.

    ``unpriced_count`` are the requests whose price nobody knew; ``last_used_at`` is an epoch second.
    """

    request_count: int = 0
    failed_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int = 0
    unpriced_count: int = 0
    last_used_at: float | None = None

    @property
    def tokens(self) -> int:
        """Of both kinds."""
        return self.input_tokens + self.output_tokens


def granted_digest(secret: str) -> str:
    """The hash that a secret is known by."""
    return digest_of(secret, _TAG)


def shown_of(secret: str) -> str:
    """A secret's beginning and end, for whoever has to tell keys apart."""
    return f"{secret[:_HEAD]}{_DOTS}{secret[-_TAIL:]}"
