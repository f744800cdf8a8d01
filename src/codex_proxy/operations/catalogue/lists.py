"""The models of each plan: asked of one of its accounts, kept, and put together to the catalogue.

Rules of this file: a list that cannot be fetched again stays; asking is no request of the account and takes no slot.
Each plan counts for itself: one that was never asked is due at once, one that failed soon, one that answered in an
hour, and one whose answers name another list than the known one at the next look.  A plan of which no account is left
has no list.  Source: spec, accounts, 2.6; the header ``x-models-etag`` of answers, as Codex CLI 0.169 reads it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.target import ClientIdentity, ModelFacts
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.catalogue.kept import KeptLists, ListStore, ListsUnreadable, PlanList
from codex_proxy.operations.quota.asking import WholeReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.lookups import build_models_call, parse_models
from codex_proxy.routing.catalogue import Catalogue, fetched_catalogue, static_catalogue
from codex_proxy.routing.custom import CustomModel, unknown_bases, with_custom

INTERVAL_SECONDS: Final = 3600.0
SPREAD: Final = 0.15  # of the interval, either way, so that not everybody asks at once
RETRY_SECONDS: Final = 10.0
MAX_RETRIES: Final = 12
TICK_SECONDS: Final = 10.0
HINT_PAUSE_SECONDS: Final = 60.0
"""How long a list that came is believed, whatever answers say of it: several may be about while one is rolled out."""
ASKED_OF_A_PLAN: Final = 5
"""Accounts of one plan that are asked one after the other until one answers."""
MAX_LIST_BYTES: Final = 16 * 1024 * 1024

Ask: TypeAlias = Callable[[UpstreamCall, Account], Awaitable[WholeReply | Failure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParts:
    """What the lists work with.

    ``static`` is known before any list, ``custom`` are the owner's own models.  ``conditional`` asks only for what
    changed, which the official client does not.  ``jitter`` gives numbers between -1 and 1.
    """

    ask: Ask
    pool: AccountPool
    clock: Clock
    client: Callable[[], ClientIdentity]
    base_url: str
    conditional: bool
    static: Sequence[ModelFacts]
    custom: Sequence[CustomModel]
    store: ListStore
    jitter: Callable[[], float]
    complain: Callable[[str, Exception], None]


class ListNotFetched(Exception):
    """The models of a plan are not known anew; which one, and why."""


class BaseUnknown(Exception):
    """A model of the owner's is based on one that nobody lists."""


class PlanFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A plan whose list could not be fetched, and why."""

    plan: str
    reason: str


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of models that are new, gone, or described otherwise than before."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking: models counted by plan (those kept from before too), changes, and failures."""

    plans: dict[str, int]
    change: ListChange
    failures: tuple[PlanFailure, ...]


class ModelLists:
    """Keeps the lists.  ``load`` comes first; ``look`` is a job, every ``TICK_SECONDS``."""

    def __init__(self, parts: ListParts) -> None:
        self._parts = parts
        self._lists: dict[str, PlanList] = {}
        self._due_at: dict[str, float] = {}
        self._retries: dict[str, int] = {}
        self._hinted: dict[str, str] = {}
        self._baseless: dict[str, str] = {}
        self._asking = asyncio.Lock()
        self.catalogue: Catalogue = self._joined()

    @property
    def fetched_at(self) -> float | None:
        """When a list came last (epoch seconds), in an earlier run too; None where none ever did."""
        return max((listed.fetched_at for listed in self._lists.values()), default=None)

    def plans_of(self, model: str) -> tuple[str, ...] | None:
        """Plans whose list has the model; None where every plan may have it."""
        if not self._lists or (model in self._custom_ids() and model not in self._listed_ids()):
            return None
        return tuple(sorted(shown_plan(plan) for plan, slugs in self._slugs().items() if model in slugs))

    def load(self) -> None:
        """Take in the lists of an earlier run."""
        kept = None
        try:
            kept = self._parts.store.load()
        except ListsUnreadable as error:
            self._parts.complain("model lists", error)
        if kept is not None and kept.base_url == self._parts.base_url:
            self._take(kept.plans)
        self._tell_baseless()

    def hinted(self, row_id: str, etag: str) -> None:
        """An answer to this account names the list that holds now: another than the known one is asked for, once."""
        plan = self._parts.pool.plan_of(row_id)
        known = None if plan is None else self._lists.get(plan)
        if plan is None or known is None or known.etag is None or _is_same(known.etag, etag):
            return
        if _is_same(self._hinted.get(plan, ""), etag):
            return  # it was asked for already, and the upstream tells another one of it
        self._hinted[plan] = etag
        due_at = max(self._parts.clock.now(), known.fetched_at + HINT_PAUSE_SECONDS)
        self._due_at[plan] = min(due_at, self._due_at.get(plan, due_at))

    async def look(self) -> bool:
        """Ask for the lists that are due; whether nothing failed."""
        now = self._parts.clock.now()
        due = {plan for plan in self._accounts() if self._due_at.get(plan, now) <= now}
        if not due:
            return True
        async with self._asking:
            return not (await self._asked(due)).failures

    async def refresh(self) -> Refreshed:
        """Ask for the lists of all plans now."""
        async with self._asking:
            return await self._asked(set(self._accounts()))

    async def _asked(self, plans: set[str]) -> Refreshed:
        accounts, before = self._accounts(), self.catalogue
        async with asyncio.TaskGroup() as group:
            tasks = {plan: group.create_task(self._list_of(plan, accounts.get(plan, []))) for plan in sorted(plans)}
        told = {plan: task.result() for plan, task in tasks.items()}
        fetched = {plan: answer for plan, answer in told.items() if isinstance(answer, PlanList)}
        for plan, answer in told.items():
            self._schedule(plan, reason=answer if isinstance(answer, str) else None)
        if fetched:
            self._take({plan: kept for plan, kept in (self._lists | fetched).items() if plan in accounts})
            self._tell_baseless()
            await self._keep()
        return Refreshed(
            plans={shown_plan(plan): len(listed.models) for plan, listed in sorted(self._lists.items())},
            change=_change(before, self.catalogue),
            failures=tuple(
                PlanFailure(plan=shown_plan(plan), reason=answer)
                for plan, answer in told.items()
                if isinstance(answer, str)
            ),
        )

    async def _list_of(self, plan: str, accounts: Sequence[Account]) -> PlanList | str:
        """The plan's list, told by the first of its accounts that gets an answer, or why there is none."""
        reason = "no account to ask"
        for account in accounts[:ASKED_OF_A_PLAN]:
            told = await self._told(plan, account)
            if isinstance(told, PlanList):
                return told
            reason = told
        return reason

    async def _told(self, plan: str, account: Account) -> PlanList | str:
        client, known = self._parts.client(), self._lists.get(plan)
        if known is not None and known.client_version != client.engine_version:
            known = None  # another client may be told other models
        etag = known.etag if known is not None and self._parts.conditional else None
        reply = await self._parts.ask(build_models_call(client, account.credential, etag=etag), account)
        if isinstance(reply, Failure):
            return f"{reply.kind.value}: {reply.message}"
        if reply.status == HTTPStatus.NOT_MODIFIED and known is not None:
            return msgspec.structs.replace(known, fetched_at=self._parts.clock.now())
        if reply.status != HTTPStatus.OK:
            return f"the upstream answered {reply.status}"
        models = parse_models(reply.body)
        if not models:
            return "the answer lists no model"
        return PlanList(
            models=models,
            fetched_at=self._parts.clock.now(),
            client_version=client.engine_version,
            etag=reply.headers.get("etag"),
        )

    def _schedule(self, plan: str, *, reason: str | None) -> None:
        retries = 0 if reason is None else self._retries.get(plan, 0) + 1
        self._retries[plan] = retries
        if retries == 1:
            self._parts.complain("model lists", ListNotFetched(f"{shown_plan(plan)}: {reason}"))
        usual = INTERVAL_SECONDS * (1 + SPREAD * self._parts.jitter())
        pause = RETRY_SECONDS if 0 < retries <= MAX_RETRIES else usual
        self._due_at[plan] = self._parts.clock.now() + pause

    def _take(self, lists: Mapping[str, PlanList]) -> None:
        self._lists = dict(lists)
        self.catalogue = self._joined()
        self._parts.pool.learn_models(self._slugs())

    def notes_of(self, model: str) -> tuple[str, ...]:
        """What there is to say of a model of the owner's."""
        base = self._baseless.get(model)
        return () if base is None else (_baseless(model, base),)

    def _tell_baseless(self) -> None:
        """Say which of the owner's models stand on nothing, each once as long as it does."""
        before, self._baseless = self._baseless, unknown_bases(self._listed(), self._parts.custom)
        for model, base in self._baseless.items():
            if model not in before:
                self._parts.complain("custom models", BaseUnknown(_baseless(model, base)))

    def _joined(self) -> Catalogue:
        return with_custom(self._listed(), self._parts.custom)

    def _listed(self) -> Catalogue:
        """Without the owner's models."""
        listed = {model.slug: model for kept in self._lists.values() for model in kept.models}
        return (
            fetched_catalogue(listed.values(), self._parts.static) if listed else static_catalogue(self._parts.static)
        )

    def _slugs(self) -> dict[str, frozenset[str]]:
        """What each plan may be asked for: its list, and the owner's models that nobody lists."""
        unlisted = self._custom_ids() - self._listed_ids()
        return {plan: _ids(listed.models) | unlisted for plan, listed in self._lists.items()}

    def _listed_ids(self) -> frozenset[str]:
        return frozenset().union(*(_ids(listed.models) for listed in self._lists.values()))

    def _custom_ids(self) -> frozenset[str]:
        return frozenset(entry.id for entry in self._parts.custom)

    def _accounts(self) -> dict[str, list[Account]]:
        """Enabled accounts by plan."""
        pool = self._parts.pool
        plans = {plan: [one for one in accounts if _is_enabled(pool, one)] for plan, accounts in pool.plans().items()}
        return {plan: accounts for plan, accounts in plans.items() if accounts}

    async def _keep(self) -> None:
        kept = KeptLists(base_url=self._parts.base_url, plans=self._lists)
        try:
            await asyncio.to_thread(self._parts.store.keep, kept)
        except ListsUnreadable as error:
            self._parts.complain("model lists", error)


def shown_plan(plan: str) -> str:
    """What a plan is called; one that no token told is ``unknown``."""
    return plan or "unknown"


def _baseless(model: str, base: str) -> str:
    return f"{model} is based on {base}, which is neither listed nor before it; it is taken for a plain text model"


def _is_same(etag: str, other: str) -> bool:
    return etag.removeprefix("W/") == other.removeprefix("W/")


def _is_enabled(pool: AccountPool, account: Account) -> bool:
    record = pool.record(account.row_id)
    return record is None or record.enabled


def _ids(models: Iterable[ModelFacts]) -> frozenset[str]:
    return frozenset(model.slug for model in models)


def _change(before: Catalogue, after: Catalogue) -> ListChange:
    return ListChange(
        added=tuple(slug for slug in after.models if slug not in before.models),
        removed=tuple(slug for slug in before.models if slug not in after.models),
        changed=tuple(
            slug for slug, model in after.models.items() if slug in before.models and before.models[slug] != model
        ),
    )
