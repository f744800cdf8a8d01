"""Handed-out client keys as rows, and back."""

from collections.abc import Sequence
from typing import Any

from msgspec.json import decode, encode
from sqlalchemy import Row

from codex_proxy.access.granted.budgets import Budget, Unit
from codex_proxy.access.granted.key import GrantedKey, Limits, Used
from codex_proxy.access.granted.periods import Period
from codex_proxy.protocols.openai_responses.request.tools import build_tool, parse_tools


def key_of(row: Row[Any], budgets: Sequence[Row[Any]]) -> GrantedKey:
    """The key in a row and the rows of its budgets."""
    return GrantedKey(
        key_id=row.key_id,
        name=row.name,
        digest=row.digest,
        shown=row.shown,
        scopes=frozenset(row.scopes.split()),
        models=None if row.models is None else tuple(row.models.split()),
        tools=None if row.default_tools is None else parse_tools(decode(row.default_tools), "default_tools"),
        enabled=row.enabled,
        expires_at=row.expires_at,
        limits=Limits(
            requests_per_minute=row.requests_per_minute,
            tokens_per_minute=row.tokens_per_minute,
            concurrency=row.concurrency,
        ),
        budgets=tuple(map(budget_of, budgets)),
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
    )


def columns_of(key: GrantedKey) -> dict[str, Any]:
    """The columns of a key."""
    return {
        "key_id": key.key_id,
        "name": key.name,
        "digest": key.digest,
        "shown": key.shown,
        "scopes": " ".join(sorted(key.scopes)),
        "models": None if key.models is None else " ".join(key.models),
        "default_tools": None if key.tools is None else encode(list(map(build_tool, key.tools))).decode(),
        "enabled": key.enabled,
        "expires_at": key.expires_at,
        "requests_per_minute": key.limits.requests_per_minute,
        "tokens_per_minute": key.limits.tokens_per_minute,
        "concurrency": key.limits.concurrency,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
        "revision": key.revision,
    }


def budget_of(row: Row[Any]) -> Budget:
    """The budget in a row."""
    return Budget(period=Period(row.period), unit=Unit(row.unit), limit=row.most)


def budget_rows(key: GrantedKey) -> list[dict[str, Any]]:
    """The rows of a key's budgets."""
    return [
        {"key_id": key.key_id, "period": each.period.value, "unit": each.unit.value, "most": each.limit}
        for each in key.budgets
    ]


def used_of(row: Row[Any]) -> Used:
    """What a row of counts says."""
    told = row._asdict()
    return Used(**{name: told[name] for name in Used.__struct_fields__ if name in told})
