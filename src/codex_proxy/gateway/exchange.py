"""An exchange: one client request until its last event, over one or more attempts.

Rules of this file: the loop and nothing else; what a failure means stands in the accounts' lifecycle, what to do about
it in ``failover``, who is next in the pool.  Nothing is tried once content was handed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.lifecycle.evidence import Evidence, ends_at, evidence_of
from codex_proxy.accounts.lifecycle.states import Occurrence, occurrence_of
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET, bucket_of_model
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Request, Role
from codex_proxy.canonical.target import ClientIdentity, Target, UpstreamIdentity
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.pictures import picture_filter
from codex_proxy.gateway.attempts.runner import AttemptPlan, AttemptRunner
from codex_proxy.gateway.attempts.stop import StopFilter
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.failover import RETRY_DELAYS_SECONDS, FailoverPolicy, NextStep, decide
from codex_proxy.gateway.links.fetching import LinkFetcher
from codex_proxy.gateway.links.inlining import with_linked_files
from codex_proxy.gateway.ports import (
    Accepted,
    AttemptRecord,
    Clock,
    EgressReports,
    ExchangeRecord,
    Observer,
    PictureStore,
    PromptEstimate,
    Renewal,
    Responder,
    Route,
)
from codex_proxy.gateway.prepare import Defaults, Prepared, prepare, refuse_lossy
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.selection import Chosen, Selection
from codex_proxy.protocols.base import ClientCodec, InvalidRequest, ReplyFacts, Unsupported
from codex_proxy.routing.resolve import Resolver


class UpstreamPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account's calls go, under which routing header, and what names the way out in reports."""

    route: Route
    routing_override: str | None = None
    egress_id: str = "direct"


class ExchangeInput(msgspec.Struct, frozen=True, kw_only=True):
    """One client request, parsed.

    ``bound_to`` is the only account that may serve it, None for any.  ``link_base`` is the scheme and authority of
    links in the answer, as this client reaches us; needed only where links are wanted.  ``prompt`` is for observers
    alone.
    """

    request: Request
    request_id: str
    client_key_id: str
    bound_to: str | None = None
    notes: tuple[Note, ...] = ()
    link_base: str = ""
    prompt: PromptEstimate | None = None


class Answering(Protocol):
    """Whoever answers exchanges."""

    async def run(self, exchange: ExchangeInput, responder: Responder) -> Failure | None:
        """Answer through ``responder``; the failure if nothing at all was delivered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParts:
    """What the gateway works with; callables are asked anew for each exchange, since their answers change."""

    codec: ClientCodec
    runner: AttemptRunner
    selection: Selection
    pool: AccountPool
    continuation: Continuation
    rejects: LearnedRejects
    clock: Clock
    client: Callable[[], ClientIdentity]
    resolver: Callable[[], Resolver]
    place_of: Callable[[Account], UpstreamPlace | Failure]
    defaults: Callable[[], Defaults]
    failover: FailoverPolicy
    observer: Observer
    bucket_of: Callable[[str], str] = bucket_of_model
    renewal: Renewal | None = None
    egress: EgressReports | None = None
    pictures: PictureStore | None = None
    links: LinkFetcher | None = None


class Gateway:
    """Runs exchanges."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts

    def speaking(self, codec: ClientCodec) -> "Gateway":
        """The same accounts, conversations and observers for another kind of call."""
        return Gateway(replace(self._parts, codec=codec, runner=self._parts.runner.speaking(codec)))

    def prepare(self, exchange: ExchangeInput) -> Prepared | Failure:
        """What is decided about a request before anybody is asked, or why it cannot go."""
        return _prepared(self._parts, exchange)

    async def run(self, exchange: ExchangeInput, responder: Responder) -> Failure | None:
        """Answer through ``responder``; the failure if nothing at all was delivered."""
        running = _Running(self._parts, exchange, responder)
        try:
            failure = await running.answer()
        finally:
            running.report()
        return failure


class _Running:
    """The state of one exchange."""

    def __init__(self, parts: GatewayParts, exchange: ExchangeInput, responder: Responder) -> None:
        self._parts = parts
        self._exchange = exchange
        self._responder = responder
        self._progress = Progress(started_at=parts.clock.monotonic())
        self._records: list[AttemptRecord] = []
        self._model_used: str | None = None
        self._bucket = DEFAULT_BUCKET
        self._notes = exchange.notes
        self._first_content_at: float | None = None
        self._last: Delivery | None = None
        self._failure: Failure | None = None

    async def answer(self) -> Failure | None:
        parts = self._parts
        prepared = _prepared(parts, self._exchange)
        if not isinstance(prepared, Failure):
            prepared = await with_linked_files(prepared, parts.links)
        if isinstance(prepared, Failure):
            self._failure = prepared
            return prepared
        self._model_used = prepared.model.slug
        self._bucket = parts.bucket_of(prepared.model.slug)
        self._notes = prepared.notes
        self._progress.has_lite_form = prepared.model.lite and not prepared.request.is_codex_client
        self._progress.lite_forced = self._progress.has_lite_form and parts.rejects.wants_lite(prepared.model.slug)
        self._failure = await self._try_accounts(prepared)
        return None if self._progress.committed else self._failure

    async def _try_accounts(self, prepared: Prepared) -> Failure | None:
        again: str | None = None
        while True:
            chosen = await self._choose(prepared, again)
            if isinstance(chosen, Failure):
                return self._final(chosen)
            failure = await self._attempt(prepared, chosen)
            self._records.append(AttemptRecord(account_row_id=chosen.account.row_id, failure=failure))
            if failure is None:
                return None
            step = await self._after(failure, chosen.account, prepared)
            if step is NextStep.GIVE_UP:
                return await self._give_up(failure)
            again = chosen.account.row_id if step is not NextStep.OTHER_ACCOUNT else None

    async def _choose(self, prepared: Prepared, again: str | None) -> Chosen | Failure:
        need = Need(
            model=prepared.model.slug,
            bucket=self._bucket,
            conversation=self._conversation(prepared),
            is_continued=any(turn.role is Role.ASSISTANT for turn in prepared.request.turns),
            client_key_id=self._exchange.client_key_id,
            bound_to=self._exchange.bound_to,
        )
        exclude = frozenset(self._progress.tried) - ({again} if again else set())
        request_id = self._exchange.request_id
        return await self._parts.selection.choose(need, exclude=exclude, again=again, request_id=request_id)

    async def _attempt(self, prepared: Prepared, chosen: Chosen) -> Failure | None:
        progress = self._progress
        progress.attempts += 1
        progress.tried.add(chosen.account.row_id)
        progress.last_tried = chosen.account.row_id
        account = chosen.account
        place = self._parts.place_of(account)
        if isinstance(place, Failure):
            chosen.lease.release()
            return place
        key = self._conversation(prepared)
        upstream_key = (account.row_id, *key) if key else None
        identity = self._parts.continuation.identity(upstream_key, prepared.request)
        try:
            call = self._parts.codec.build_call(prepared.request, self._target(prepared, account, place, identity))
        except (Unsupported, InvalidRequest) as error:
            chosen.lease.release()
            return error.failure()
        refusal = refuse_lossy(call.notes) if self._parts.defaults().strict else None
        if refusal is not None:
            chosen.lease.release()
            return refusal
        stop = StopFilter(prepared.request) if prepared.request.sampling.stop else None
        plan = AttemptPlan(
            call=call,
            route=place.route,
            lease=chosen.lease,
            deliver=self._responder.deliver,
            observe_limits=partial(self._observe, account),
            relays=prepared.request.dialect.family is self._parts.codec.dialect.family,
            stop=stop,
            pictures=picture_filter(prepared.request, store=self._parts.pictures, link_base=self._exchange.link_base),
        )
        del call  # the plan lets go of its body once it is sent

        def make_delivery(facts: ReplyFacts) -> Delivery:
            self._parts.continuation.keep_turn_state(upstream_key, identity, facts.turn_state)
            self._notes = prepared.notes + plan.call.notes
            return self._delivery(account, prepared, facts)

        asked_at = self._parts.clock.now()
        failure, self._last = await self._parts.runner.run(plan, make_delivery)
        self._settle(account, failure, asked_at)
        self._report_egress(place, failure)
        if failure is None and key is not None and self._last is not None and self._last.compacted:
            self._parts.pool.moved(account.row_id, key, self._parts.clock.now())
        return failure

    def _report_egress(self, place: UpstreamPlace, failure: Failure | None) -> None:
        reports = self._parts.egress
        if reports is None:
            return
        if failure is None:
            reports.came_through(place.egress_id)
        else:
            reports.blame(place.egress_id, failure)

    def _target(self, prepared: Prepared, account: Account, place: UpstreamPlace, identity: UpstreamIdentity) -> Target:
        return Target(
            model=prepared.model,
            credential=account.credential,
            client=self._parts.client(),
            identity=identity,
            now=self._parts.clock.now(),
            effort=prepared.effort,
            service_tier=prepared.service_tier,
            routing_override=place.routing_override,
            default_instructions=self._parts.defaults().instructions,
            learned_rejects=self._parts.rejects.of(prepared.model.slug),
            drop_reasoning=self._progress.reasoning_dropped,
            force_lite=self._progress.lite_forced,
        )

    def _delivery(self, account: Account, prepared: Prepared, facts: ReplyFacts) -> Delivery:
        relay = facts.relay if prepared.request.is_codex_client else ()
        return Delivery(
            accept=self._responder.accepted,
            accepted=Accepted(model=prepared.model.slug, account_row_id=account.row_id, notes=self._notes, relay=relay),
            at_end=not prepared.request.stream,
            commit=self._commit,
            observe_limits=partial(self._observe, account),
        )

    def _observe(self, account: Account, snapshot: RateLimitSnapshot) -> None:
        self._parts.pool.observe(account.row_id, snapshot, self._parts.clock.now())

    def _commit(self) -> None:
        self._progress.committed = True
        if self._progress.lite_forced and self._model_used is not None:
            self._parts.rejects.learn_lite(self._model_used)
        self._first_content_at = self._parts.clock.monotonic()

    def _settle(self, account: Account, failure: Failure | None, asked_at: float) -> None:
        occurrence = Occurrence.SUCCEEDED if failure is None else occurrence_of(failure)
        if occurrence is None:
            return
        now = self._parts.clock.now()
        seen = Evidence(asked_at=asked_at) if failure is None else evidence_of(failure, asked_at=asked_at)
        news = News(
            occurrence=occurrence,
            generation=account.generation,
            bucket=self._bucket,
            until=None if failure is None else ends_at(failure, now=now),
            evidence=msgspec.structs.replace(seen, request_id=self._exchange.request_id),
        )
        self._parts.pool.settle(account.row_id, news, now)

    async def _after(self, failure: Failure, account: Account, prepared: Prepared) -> NextStep:
        progress, parts = self._progress, self._parts
        progress.failures.append(failure)
        if failure.kind in {FailureKind.EMPTY_ANSWER, FailureKind.IMAGE_UNAVAILABLE}:
            progress.empty_answers += 1
        if failure.kind is FailureKind.MODEL_NOT_IN_PLAN:
            progress.plan_misses += 1
            parts.pool.lacks_model(account.row_id, prepared.model.slug, parts.clock.now())
        step = decide(failure, progress, policy=parts.failover, now=parts.clock.monotonic())
        match step:
            case NextStep.RENEWED_CREDENTIAL:
                return await self._renew(account)
            case NextStep.SAME_ACCOUNT:
                await parts.clock.sleep(RETRY_DELAYS_SECONDS[progress.same_account_tries])
                progress.same_account_tries += 1
            case NextStep.OTHER_ACCOUNT:
                progress.same_account_tries = 0
            case NextStep.WITHOUT_REASONING:
                progress.reasoning_dropped = True
            case NextStep.IN_LITE_FORM:
                progress.lite_forced = True
            case NextStep.WITHOUT_FIELD if failure.param is not None:
                progress.fields_dropped.add(failure.param)
                parts.rejects.learn(prepared.model.slug, failure.param)
            case _:
                pass
        return step

    async def _renew(self, account: Account) -> NextStep:
        """The same account once more if it has a newer credential; a refused token is not the account's end."""
        self._progress.renewed.add(account.row_id)
        renewal = self._parts.renewal
        renewed = renewal is not None and await renewal.renew(account)
        return NextStep.RENEWED_CREDENTIAL if renewed else NextStep.OTHER_ACCOUNT

    async def _give_up(self, failure: Failure) -> Failure | None:
        if failure.kind is FailureKind.EMPTY_ANSWER and self._last is not None:
            await self._responder.deliver(self._last.hand_over())  # an empty answer is still the upstream's answer
            return None
        return self._final(failure)

    def _final(self, failure: Failure) -> Failure:
        """The failure to tell: the one that happened, with what was tried, not the empty pool that it left."""
        happened = self._progress.failures
        if not happened:
            return failure
        last = happened[-1]
        wait = self._earliest(last.retry_after_seconds or failure.retry_after_seconds)
        if len(self._progress.tried) < 2:
            return msgspec.structs.replace(last, retry_after_seconds=wait)
        told = f"{last.message} ({len(self._progress.tried)} accounts tried: {_counted(happened)})"
        return msgspec.structs.replace(last, message=told, retry_after_seconds=wait)

    def _earliest(self, wait_seconds: float | None) -> float | None:
        """A wait that the failure names is no longer than until the first account that may serve can."""
        if wait_seconds is None:
            return None
        now = self._parts.clock.now()
        standing = self._parts.pool.standing(now, bucket=self._bucket, only=self._exchange.bound_to)
        back_at = now if standing.usable_now else standing.retry_at
        return wait_seconds if back_at is None else max(1.0, min(wait_seconds, back_at - now))

    def _conversation(self, prepared: Prepared) -> tuple[str, str] | None:
        conversation_id = prepared.conversation_id
        return None if conversation_id is None else (self._exchange.client_key_id, conversation_id)

    def report(self) -> None:
        now = self._parts.clock.monotonic()
        started = self._progress.started_at
        record = ExchangeRecord(
            request_id=self._exchange.request_id,
            client_key_id=self._exchange.client_key_id,
            dialect=self._exchange.request.dialect.value,
            model_asked=self._exchange.request.model,
            model_used=self._model_used,
            attempts=tuple(self._records),
            usage=self._last.usage if self._last else None,
            failure=self._failure,
            notes=self._notes,
            first_content_seconds=self._first_content_at - started if self._first_content_at else None,
            duration_seconds=now - started,
            prompt=self._exchange.prompt,
        )
        self._parts.observer.finished(record)


def _prepared(parts: GatewayParts, exchange: ExchangeInput) -> Prepared | Failure:
    return prepare(exchange.request, exchange.notes, resolver=parts.resolver(), defaults=parts.defaults())


def _counted(failures: Sequence[Failure]) -> str:
    kinds = [failure.kind.value.replace("_", " ") for failure in failures]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
