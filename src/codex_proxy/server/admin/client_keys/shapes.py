"""What the endpoints of client keys take and give, as JSON.

Rules of this file: names are the wire's; a secret is in the answer that made it and in no other; times are ISO 8601,
money is dollars.  Source: spec, accounts, 7.3.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from litestar.params import PathParameter
from msgspec import UNSET, UnsetType

from codex_proxy.access.granted.budgets import MICRO, Budget, Unit
from codex_proxy.access.granted.periods import Period
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.operations.granted.changes import MOST_MODELS, MOST_NAME, Terms
from codex_proxy.operations.granted.views import ClientKeyView, KeyState
from codex_proxy.protocols.openai_responses.request.default_tools import MOST_TOOLS
from codex_proxy.server.admin.wire.bodies import Done, Warnings

ClientKeyId: TypeAlias = Annotated[str, PathParameter(pattern=r"^ck_[0-9a-f]{16}$", description="A client key's id.")]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME)]
Rate: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2_000_000_000)]
Money: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1_000_000_000)]
Tokens: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000_000)]
Secret: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        min_length=22, max_length=256, description="A secret of one's own: 22 or more letters, digits, - and _."
    ),
]
ScopeName: TypeAlias = Literal["audio", "chat", "embeddings", "images", "inference", "models:read", "usage:read"]
Models: TypeAlias = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=128)], ...],
    msgspec.Meta(max_length=MOST_MODELS, description="Names in which `*` is any text; null for all models."),
]
Tools: TypeAlias = Annotated[
    tuple[JsonObject, ...],
    msgspec.Meta(
        max_length=MOST_TOOLS,
        description="Tools offered with the key's requests, in the Responses form; null for `model.default_tools`.",
    ),
]
At: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class BudgetTold(msgspec.Struct, frozen=True, kw_only=True):
    """A budget for a period of the UTC calendar, in tokens or dollars."""

    period: Period
    unit: Unit
    limit: Annotated[float, msgspec.Meta(ge=0, le=1_000_000_000_000_000)]

    def read(self) -> Budget:
        """The budget."""
        scale = MICRO if self.unit is Unit.USD else 1
        return Budget(period=self.period, unit=self.unit, limit=round(self.limit * scale))


class KeyTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a key; what is left out stays as it is, null takes a limit away.

    ``max_budget_usd`` and ``max_tokens`` are budgets in total; ``budgets`` are all others.
    """

    expires_at: At | UnsetType | None = UNSET
    scopes: tuple[ScopeName, ...] | UnsetType = UNSET
    allowed_models: Models | UnsetType | None = UNSET
    default_tools: Tools | UnsetType | None = UNSET
    requests_per_minute: Rate | UnsetType | None = UNSET
    tokens_per_minute: Rate | UnsetType | None = UNSET
    max_concurrency: Rate | UnsetType | None = UNSET
    max_budget_usd: Money | UnsetType | None = UNSET
    max_tokens: Tokens | UnsetType | None = UNSET
    budgets: Annotated[tuple[BudgetTold, ...], msgspec.Meta(max_length=10)] | UnsetType = UNSET


class NewClientKey(KeyTerms, frozen=True, kw_only=True):
    """A key to make; without ``key`` a secret is made."""

    name: Name
    key: Secret | None = None

    def __repr__(self) -> str:
        return f"NewClientKey(name={self.name!r})"


class ChangedClientKey(KeyTerms, frozen=True, kw_only=True):
    """A key to change."""

    name: Name | UnsetType = UNSET
    status: Literal["active", "disabled"] | UnsetType = UNSET


class NewSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of one's own, where none is to be made."""

    key: Secret | None = None

    def __repr__(self) -> str:
        return "NewSecret()"


class ClientKeyList(msgspec.Struct, frozen=True, kw_only=True):
    """Every key, masked, and sums over all of them."""

    keys: tuple[ClientKeyView, ...]
    total: int
    active: int
    total_cost_usd: float
    total_requests: int


class ClientKeyDone(Done, frozen=True, kw_only=True):
    """The key as it is now; of one that was made, or got a new secret, ``key`` is the whole secret, shown only now."""

    key: ClientKeyView


def key_list(keys: Sequence[ClientKeyView]) -> ClientKeyList:
    """The list."""
    return ClientKeyList(
        keys=tuple(keys),
        total=len(keys),
        active=sum(key.status is KeyState.ACTIVE for key in keys),
        total_cost_usd=round(sum(key.used_cost_usd for key in keys), 6),
        total_requests=sum(key.request_count for key in keys),
    )


def terms_of(told: NewClientKey | ChangedClientKey) -> Terms:
    """What a body says, in our words."""
    status = told.status if isinstance(told, ChangedClientKey) else UNSET
    return Terms(
        name=told.name,
        enabled=UNSET if status is UNSET else status == "active",
        scopes=told.scopes,
        expires_at=told.expires_at.timestamp() if isinstance(told.expires_at, datetime) else told.expires_at,
        models=told.allowed_models,
        default_tools=told.default_tools,
        requests_per_minute=told.requests_per_minute,
        tokens_per_minute=told.tokens_per_minute,
        concurrency=told.max_concurrency,
        budgets=told.budgets if told.budgets is UNSET else tuple(budget.read() for budget in told.budgets),
        total_micro_usd=round(told.max_budget_usd * MICRO)
        if isinstance(told.max_budget_usd, float)
        else told.max_budget_usd,
        total_tokens=told.max_tokens,
    )


def with_secret(view: ClientKeyView, secret: str, *, warnings: Warnings = UNSET) -> ClientKeyDone:
    """The answer that shows a secret."""
    return ClientKeyDone(key=msgspec.structs.replace(view, key=secret), warnings=warnings)
