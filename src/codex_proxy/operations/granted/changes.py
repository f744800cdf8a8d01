"""Handed-out keys as their owner makes and changes them.

Rules of this file: a secret is told once, to whoever has it made; what cannot be used is refused before anything is
kept, in the words of its field.  A key is never given the admin scope.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from codex_proxy.access.granted.budgets import Budget, Unit
from codex_proxy.access.granted.key import PREFIX, GrantedKey, Limits, granted_digest, shown_of
from codex_proxy.access.granted.periods import Period
from codex_proxy.access.keys import INFERENCE, is_strong
from codex_proxy.access.scopes import GRANTABLE
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.tools import Tool
from codex_proxy.operations.granted.book import GrantedKeyBook
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.default_tools import read_default_tools

MOST_NAME: Final = 64
MOST_MODELS: Final = 200
MOST_SECRET: Final = 256
LATEST: Final = 253_402_300_799.0  # the last second that ISO 8601 writes with four digits of the year
MOST_HEIGHT: Final = 2_000_000_000
MOST_BUDGET: Final = 1_000_000_000_000_000
Told = TypeVar("Told")

_MODEL: Final = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")


class InvalidTerms(Exception):
    """A member of a key's terms cannot be used; one sentence that begins with its name."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner says of a key; what is unset stays as it is, or is what a new key has.

    ``expires_at`` is an epoch second; ``default_tools`` are in the Responses form, None for those of all keys.
    ``total_micro_usd`` and ``total_tokens`` are budgets in total, None for none; ``budgets``, where they are told, are
    all others, and these too where they hold some.
    """

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    scopes: Collection[str] | UnsetType = UNSET
    expires_at: float | UnsetType | None = UNSET
    models: tuple[str, ...] | UnsetType | None = UNSET
    default_tools: Sequence[JsonObject] | UnsetType | None = UNSET
    requests_per_minute: int | UnsetType | None = UNSET
    tokens_per_minute: int | UnsetType | None = UNSET
    concurrency: int | UnsetType | None = UNSET
    budgets: tuple[Budget, ...] | UnsetType = UNSET
    total_micro_usd: int | UnsetType | None = UNSET
    total_tokens: int | UnsetType | None = UNSET


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its secret, which nobody can show again."""

    key: GrantedKey
    secret: str

    def __repr__(self) -> str:
        return f"MadeKey(key_id={self.key.key_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedChangeParts:
    """What changes work with.  ``new_hex`` gives so many random bytes as hexadecimal digits; ``now`` epoch seconds."""

    book: GrantedKeyBook
    new_hex: Callable[[int], str]
    now: Callable[[], float]


class GrantedKeyChanges:
    """Makes and changes keys; everything raises ``StoreUnusable``."""

    def __init__(self, parts: GrantedChangeParts) -> None:
        self._parts = parts

    async def make(self, terms: Terms, *, secret: str | None = None) -> MadeKey:
        """A new key, with a secret of the owner's choice or a new one; raises ``InvalidTerms``, ``SecretTaken``."""
        told, now = self._secret(secret), self._parts.now()
        if isinstance(terms.name, UnsetType):
            raise InvalidTerms("name: a key needs one")
        plain = GrantedKey(
            key_id=f"ck_{self._parts.new_hex(8)}",
            name=terms.name,
            digest=granted_digest(told),
            shown=shown_of(told),
            scopes=frozenset({INFERENCE}),
            created_at=now,
            updated_at=now,
        )
        return MadeKey(key=await self._parts.book.add(with_terms(plain, terms)), secret=told)

    async def change(self, key_id: str, terms: Terms) -> GrantedKey:
        """Other terms; raises ``InvalidTerms``, ``UnknownClientKey``."""
        now = self._parts.now()
        with_terms(self._parts.book.find(key_id), terms)
        return await self._parts.book.change(key_id, lambda key: replace(with_terms(key, terms), updated_at=now))

    async def toggle(self, key_id: str) -> GrantedKey:
        """Switch it off, or on again; raises ``UnknownClientKey``."""
        now = self._parts.now()
        return await self._parts.book.change(key_id, lambda key: replace(key, enabled=not key.enabled, updated_at=now))

    async def rotate(self, key_id: str, *, secret: str | None = None) -> MadeKey:
        """A new secret in place of the old one; raises ``InvalidTerms``, ``SecretTaken``, ``UnknownClientKey``."""
        told, now = self._secret(secret), self._parts.now()
        digest, shown = granted_digest(told), shown_of(told)
        key = await self._parts.book.change(
            key_id, lambda key: replace(key, digest=digest, shown=shown, updated_at=now)
        )
        return MadeKey(key=key, secret=told)

    async def reset_used(self, key_id: str) -> GrantedKey:
        """Count anew what it used; raises ``UnknownClientKey``."""
        key = self._parts.book.find(key_id)
        await self._parts.book.store.reset_used(key_id)
        return key

    async def remove(self, key_id: str) -> None:
        """Revoke it for good; raises ``UnknownClientKey``."""
        await self._parts.book.remove(key_id)

    def _secret(self, told: str | None) -> str:
        if told is None:
            return PREFIX + self._parts.new_hex(16)
        if not is_strong(told) or len(told) > MOST_SECRET:
            raise InvalidTerms("key: it needs 22 to 256 letters, digits, - and _")
        return told


def with_terms(key: GrantedKey, terms: Terms) -> GrantedKey:
    """A key under other terms; raises ``InvalidTerms``."""
    limits = key.limits
    changed = replace(
        key,
        name=_or(terms.name, key.name).strip(),
        enabled=_or(terms.enabled, key.enabled),
        scopes=frozenset(_or(terms.scopes, key.scopes)),
        expires_at=_or(terms.expires_at, key.expires_at),
        models=_or(terms.models, key.models),
        tools=_tools(key, terms),
        limits=Limits(
            requests_per_minute=_or(terms.requests_per_minute, limits.requests_per_minute),
            tokens_per_minute=_or(terms.tokens_per_minute, limits.tokens_per_minute),
            concurrency=_or(terms.concurrency, limits.concurrency),
        ),
        budgets=_budgets(key, terms),
    )
    _check(changed)
    return changed


def _tools(key: GrantedKey, terms: Terms) -> tuple[Tool, ...] | None:
    if isinstance(terms.default_tools, UnsetType):
        return key.tools
    try:
        return None if terms.default_tools is None else read_default_tools(terms.default_tools, "default_tools")
    except InvalidRequest as error:
        raise InvalidTerms(str(error)) from error


def _budgets(key: GrantedKey, terms: Terms) -> tuple[Budget, ...]:
    budgets = key.budgets
    if not isinstance(terms.budgets, UnsetType):
        named = {(budget.period, budget.unit) for budget in terms.budgets}
        totals = [each for each in budgets if each.period is Period.TOTAL and (each.period, each.unit) not in named]
        budgets = (*totals, *terms.budgets)
    for unit, told in ((Unit.USD, terms.total_micro_usd), (Unit.TOKENS, terms.total_tokens)):
        if not isinstance(told, UnsetType):
            others = tuple(each for each in budgets if (each.period, each.unit) != (Period.TOTAL, unit))
            total = () if told is None else (Budget(period=Period.TOTAL, unit=unit, limit=told),)
            budgets = (*total, *others)
    return budgets


def _or(told: Told | UnsetType, known: Told) -> Told:
    return known if isinstance(told, UnsetType) else told


def _check(key: GrantedKey) -> None:
    if not key.name or len(key.name) > MOST_NAME or not key.name.isprintable():
        raise InvalidTerms(f"name: it needs 1 to {MOST_NAME} characters, none of them a control character")
    if key.expires_at is not None and not 0 <= key.expires_at <= LATEST:
        raise InvalidTerms("expires_at: it lies between the years 1970 and 9999")
    strange = key.scopes - GRANTABLE
    if strange or not key.scopes:
        raise InvalidTerms(f"scopes: one or more of {', '.join(sorted(GRANTABLE))}")
    models = key.models or ()
    if len(models) > MOST_MODELS or not all(map(_MODEL.fullmatch, models)):
        raise InvalidTerms(f"allowed_models: at most {MOST_MODELS} names without spaces, of 1 to 128 characters")
    for name in Limits.__struct_fields__:
        height = getattr(key.limits, name)
        if height is not None and not 0 < height <= MOST_HEIGHT:
            raise InvalidTerms(f"{name}: it is at least 1 and at most {MOST_HEIGHT:,}")
    _check_budgets(key.budgets)


def _check_budgets(budgets: Collection[Budget]) -> None:
    if len({(budget.period, budget.unit) for budget in budgets}) < len(budgets):
        raise InvalidTerms("budgets: at most one for each period and unit")
    if not all(0 <= budget.limit <= MOST_BUDGET for budget in budgets):
        raise InvalidTerms("budgets: a limit is not below 0, and not without bounds")
