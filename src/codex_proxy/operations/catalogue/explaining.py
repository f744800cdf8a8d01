"""Where a model name leads, and who could serve it now.

Rules of this file: asks what a request would ask and changes nothing; holds names of the owner's and no secret.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.transfer.times import iso
from codex_proxy.routing.resolve import Resolved, Resolver, Step, UnknownModel, VendorRoute
from codex_proxy.vendors.key import KeyStatus, VendorKey

MOST_NAMED: Final = 100


class Upstream(StrEnum):
    """Who is asked: the ChatGPT accounts, or vendors' keys."""

    CODEX = "codex"
    VENDOR = "vendor"


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One question: the rule, the name it was asked of, and where that leads; ``answer`` is null where it passed."""

    rule: str
    asked: str
    answer: str | None


class ServingAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that could serve now, if it has a free slot."""

    id: str
    name: str
    plan: str


class ServingKey(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor key that is for the model; ``hindrance`` is what keeps it from serving now, ``until`` ISO 8601."""

    id: str
    vendor: str
    label: str | None
    hindrance: str | None = None
    until: str | None = None


class RouteView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a name leads.

    ``upstream`` is null where nobody serves it; ``nearest`` are then known ids that look like it.  ``vendor`` is null
    where any key that lists the model may serve.  ``plans`` is null where every plan may have the model.
    ``context_window`` counts tokens.
    ``accounts`` names some of the ``accounts_count`` that could serve, ``passed_over`` counts the others by reason.
    """

    asked: str
    steps: tuple[StepView, ...]
    upstream: Upstream | None = None
    vendor: str | None = None
    model: str | None = None
    effort: str | None = None
    tier: str | None = None
    context_window: int | None = None
    plans: tuple[str, ...] | None = None
    accounts_count: int = 0
    accounts: tuple[ServingAccount, ...] = ()
    passed_over: dict[str, int] = {}
    keys: tuple[ServingKey, ...] = ()
    notes: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteParts:
    """What routes are explained with; ``plans_of`` gives the plans that list a model, None for any.

    ``notes_of`` tells what is odd about a model of the accounts.
    """

    resolver: Callable[[], Resolver]
    plans_of: Callable[[str], tuple[str, ...] | None]
    pool: AccountPool
    bucket_of: Callable[[str], str]
    vendor_keys: Callable[[], Iterable[VendorKey]]
    clock: Clock
    notes_of: Callable[[str], tuple[str, ...]] = lambda _: ()


class RouteExplaining:
    """Explains routes."""

    def __init__(self, parts: RouteParts) -> None:
        self._parts = parts

    def one(self, name: str) -> RouteView:
        """Where this name leads; an empty one is the default model."""
        found = self._parts.resolver().resolve(name)
        steps = tuple(_step(step) for step in found.trace)
        if isinstance(found, UnknownModel):
            return RouteView(asked=name, steps=steps, nearest=found.nearest)
        view = RouteView(
            asked=name,
            steps=steps,
            model=found.model.slug,
            effort=found.effort,
            tier=found.tier,
            context_window=found.model.context_window,
            notes=(*(note.detail for note in found.notes), *self._parts.notes_of(found.model.slug)),
        )
        return self._at_accounts(view, found) if found.vendor is None else self._at_keys(view, found.vendor)

    def _at_accounts(self, view: RouteView, found: Resolved) -> RouteView:
        slug, now = found.model.slug, self._parts.clock.now()
        need = Need(model=slug, bucket=self._parts.bucket_of(slug))
        hindrances = {
            record.row_id: self._parts.pool.obstacle(record.row_id, need, now) for record in self._parts.pool.records()
        }
        serving = [record for record in self._parts.pool.records() if hindrances[record.row_id] is None]
        return msgspec.structs.replace(
            view,
            upstream=Upstream.CODEX,
            plans=self._parts.plans_of(slug),
            accounts_count=len(serving),
            accounts=tuple(_account(record) for record in serving[:MOST_NAMED]),
            passed_over=dict(Counter(reason for reason in hindrances.values() if reason is not None)),
        )

    def _at_keys(self, view: RouteView, route: VendorRoute) -> RouteView:
        now = self._parts.clock.now()
        fitting = [key for key in self._parts.vendor_keys() if _is_for(key, route)]
        views = [_key(key, now) for key in fitting]
        ordered = sorted(views, key=lambda key: key.hindrance is not None)
        return msgspec.structs.replace(
            view, upstream=Upstream.VENDOR, vendor=route.vendor, keys=tuple(ordered[:MOST_NAMED])
        )


def _step(step: Step) -> StepView:
    return StepView(rule=step.rule.value, asked=step.asked, answer=step.answer)


def _account(record: AccountRecord) -> ServingAccount:
    name = record.label or record.email or record.row_id
    return ServingAccount(id=record.row_id, name=name, plan=record.plan or "unknown")


def _is_for(key: VendorKey, route: VendorRoute) -> bool:
    """Whether the key may be asked for the model: it lists it, or its vendor was named and it says nothing of it."""
    model = key.model(route.model)
    if route.vendor is None:
        return model is not None and model.enabled
    return key.is_named(route.vendor) and (model is None or model.enabled)


def _key(key: VendorKey, now: float) -> ServingKey:
    hindrance = None if key.status is KeyStatus.ACTIVE else key.status.value
    until = None
    if hindrance is None and key.is_cooling(now):
        hindrance, until = "cooling", key.cooling_until
    return ServingKey(
        id=key.row_id,
        vendor=key.called,
        label=key.label,
        hindrance=hindrance,
        until=None if until is None else iso(until),
    )
