"""An exchange: one client request until its last event, over one or more attempts.

Rules of this file: the loop and nothing else; what a failure means stands in the accounts' lifecycle, what to do about
it in ``failover``, who is next in the pool.  Nothing is tried once content was handed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import Request
from codex_proxy.gateway.adding.tools import ToolsOf
from codex_proxy.gateway.admission.ports import OPEN, Admission, Admitted, Wish
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.pictures import picture_filter
from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.attempts.stop import StopFilter
from codex_proxy.gateway.failover import (
    RETRY_DELAYS_SECONDS,
    FailoverPolicy,
    NextStep,
    counted,
    decide,
    one_to_tell,
    other_route_helps,
)
from codex_proxy.gateway.links.fetching import LinkFetcher
from codex_proxy.gateway.links.inlining import with_linked_files
from codex_proxy.gateway.ports import (
    Accepted,
    Clock,
    Observer,
    PictureStore,
    PromptEstimate,
    Responder,
)
from codex_proxy.gateway.prepare import ClientBody, Defaults, Prepared, prepare, refuse_lossy
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.upstreams.accounts import AccountUpstream
from codex_proxy.gateway.upstreams.candidate import Asker, Asking, Candidate, Outgoing, Upstream
from codex_proxy.gateway.upstreams.history import History
from codex_proxy.gateway.upstreams.vendors import VendorUpstream
from codex_proxy.protocols.base import ClientCodec, ReplyFacts
from codex_proxy.routing.resolve import Resolver


class ExchangeInput(msgspec.Struct, frozen=True, kw_only=True):
    """One client request, parsed.

    ``bound_to`` is the only account that may serve it, None for any.  ``link_base`` is the scheme and authority of
    links in the answer, as this client reaches us; needed only where links are wanted.  ``prompt`` is for observers
    alone.  ``body`` is what the client sent, for vendors of its own dialect.
    """

    request: Request
    request_id: str
    client_key_id: str
    bound_to: str | None = None
    notes: tuple[Note, ...] = ()
    link_base: str = ""
    prompt: PromptEstimate | None = None
    body: ClientBody | None = None


class Answering(Protocol):
    """Whoever answers exchanges."""

    def passes(self, exchange: ExchangeInput) -> bool:
        """Whether the client's own body goes out, and with it everything that stands in it."""
        ...

    async def run(self, exchange: ExchangeInput, responder: Responder) -> Failure | None:
        """Answer through ``responder``; the failure if nothing at all was delivered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParts:
    """What the gateway works with; callables are asked anew for each exchange, since their answers change.

    ``vendors`` is None where only accounts can be asked; ``next_routes`` are the models to ask, in order, where the one
    of this name cannot be had; ``default_tools`` are offered with requests of a client key, by its id; ``admission``
    knows what client keys may ask for.
    """

    runner: AttemptRunner
    accounts: AccountUpstream
    vendors: VendorUpstream | None = None
    clock: Clock
    resolver: Callable[[], Resolver]
    defaults: Callable[[], Defaults]
    next_routes: Callable[[str], Sequence[str]] = lambda _: ()
    default_tools: ToolsOf = lambda _: ()
    failover: Callable[[], FailoverPolicy]
    observer: Observer
    pictures: PictureStore | None = None
    links: Callable[[], LinkFetcher | None] = lambda: None
    admission: Admission = OPEN


class Gateway:
    """Runs exchanges."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts

    def speaking(self, codec: ClientCodec) -> "Gateway":
        """The same accounts, conversations and observers for another kind of call, that knows no vendors, no tools."""
        accounts = self._parts.accounts.speaking(codec)
        return Gateway(replace(self._parts, accounts=accounts, vendors=None, default_tools=lambda _: ()))

    def prepare(self, exchange: ExchangeInput) -> Prepared | Failure:
        """What is decided about a request before anybody is asked, or why it cannot go."""
        prepared = _prepared(self._parts, exchange)
        if isinstance(prepared, Failure) or not self._parts.defaults().strict:
            return prepared
        return refuse_lossy(prepared.notes) or prepared

    def passes(self, exchange: ExchangeInput) -> bool:
        """See ``Answering``; as far as can be told before anybody is chosen."""
        if self._parts.vendors is None or exchange.body is None or not exchange.body.content:
            return False
        prepared = _prepared(self._parts, exchange)
        return not isinstance(prepared, Failure) and self._parts.vendors.passes(prepared)

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
        self._asker = Asker(
            request_id=exchange.request_id, client_key_id=exchange.client_key_id, bound_to=exchange.bound_to
        )
        self._history = History(
            self._asker, exchange.request, clock=parts.clock, prompt=exchange.prompt, body=exchange.body
        )
        self._history.notes = exchange.notes
        self._progress = Progress(started_at=self._history.began_at)
        self._gate = parts.admission.gate_of(exchange.client_key_id)
        self._admitted: Admitted | None = None

    async def answer(self) -> Failure | None:
        """Ask by the route that the model's name leads to, then by those that the owner named for it."""
        told = await self._refusal()
        names = (None, *self._parts.next_routes(self._exchange.request.model)) if told is None else ()
        for name in names:
            failure = await self._answer_by(name)
            told = None if failure is None else told or failure
            if failure is None or self._progress.committed or not other_route_helps(failure):
                break
        self._history.failure, self._history.ended = told, True
        self._let_body_go()
        return None if self._progress.committed else told

    async def _refusal(self) -> Failure | None:
        """Why the client's key may not have this exchange; None where it may."""
        if self._gate is None:
            return None
        admitted = await self._gate.admit(_wish(self._exchange.request, _prepared(self._parts, self._exchange)))
        if isinstance(admitted, Failure):
            return admitted
        self._admitted = admitted
        return None

    async def _answer_by(self, name: str | None) -> Failure | None:
        parts = self._parts
        prepared = _prepared(parts, self._exchange, name)
        if name is not None and self._gate is not None and not isinstance(prepared, Failure):
            vendor = None if prepared.vendor is None else prepared.vendor.vendor
            prepared = self._gate.refusal(asked=name, model=prepared.model.slug, vendor=vendor) or prepared
        if not isinstance(prepared, Failure):
            prepared = await with_linked_files(prepared, parts.links())
        if isinstance(prepared, Failure):
            return prepared
        upstream = self._upstream(prepared)
        if isinstance(upstream, Failure):
            return upstream
        if prepared.vendor is None and not parts.next_routes(self._exchange.request.model):
            self._let_body_go()
        self._history.prepared, self._history.notes = prepared, prepared.notes
        self._progress = Progress(started_at=self._progress.started_at)
        return await self._try(prepared, upstream.ask(self._asker, prepared, self._progress))

    def _upstream(self, prepared: Prepared) -> Upstream | Failure:
        if prepared.vendor is None:
            return self._parts.accounts
        if self._exchange.bound_to is not None:
            told = "this key is served by its own account alone, and the model is a vendor's"
            return Failure(kind=FailureKind.NOT_PERMITTED, message=told, param="model")
        if self._parts.vendors is not None:
            return self._parts.vendors
        told = f"the model {prepared.request.model!r} is a vendor's, and this endpoint asks ChatGPT accounts only"
        return Failure(kind=FailureKind.MODEL_NOT_FOUND, message=told, param="model", code="model_not_found")

    async def _try(self, prepared: Prepared, asking: Asking) -> Failure | None:
        progress = self._progress
        again: str | None = None
        while True:
            exclude = frozenset(progress.tried) - ({again} if again else set())
            self._history.seeks()
            candidate = await asking.choose(exclude=exclude, again=again)
            if isinstance(candidate, Failure):
                return self._final(candidate, asking)
            self._history.opened(candidate)
            failure = await self._attempt(prepared, candidate)
            self._history.closed(failure)
            if failure is None:
                return None
            step = await self._after(failure, candidate, asking)
            if step is NextStep.GIVE_UP:
                return await self._give_up(failure, asking)
            again = candidate.row_id if step is not NextStep.OTHER_ACCOUNT else None

    async def _attempt(self, prepared: Prepared, candidate: Candidate) -> Failure | None:
        progress = self._progress
        progress.attempts += 1
        progress.tried.add(candidate.row_id)
        progress.last_tried = candidate.row_id
        outgoing = candidate.outgoing()
        if isinstance(outgoing, Failure):
            candidate.lease.release()
            return outgoing
        notes = (prepared.passed_notes if outgoing.passes else prepared.notes) + outgoing.notes + outgoing.call.notes
        if self._parts.defaults().strict and (refusal := refuse_lossy(notes)) is not None:
            candidate.lease.release()
            return refusal
        self._history.notes = notes
        plan = self._plan(prepared, candidate, outgoing)
        self._history.leaves_by(outgoing.route.egress_name)
        del outgoing  # the plan lets go of the call's body once it is sent

        def make_delivery(facts: ReplyFacts) -> Delivery:
            candidate.heard(facts)
            delivery = self._delivery(candidate, prepared, facts)
            self._history.answered(delivery)
            return delivery

        asked_at = self._parts.clock.now()
        failure, delivery = await self._parts.runner.run(plan, make_delivery)
        try:
            candidate.settle(failure, delivery, asked_at=asked_at)
        finally:
            candidate.lease.release()
        return None if failure is None else candidate.told(failure)

    def _plan(self, prepared: Prepared, candidate: Candidate, outgoing: Outgoing) -> AttemptPlan:
        request = prepared.request
        return AttemptPlan(
            call=outgoing.call,
            codec=outgoing.codec,
            route=outgoing.route,
            lease=candidate.lease,
            deliver=self._responder.deliver,
            observe_limits=candidate.observe,
            passes=outgoing.passes,
            is_whole=outgoing.is_whole,
            relays=not outgoing.passes and request.dialect.family is outgoing.codec.dialect.family,
            stop=StopFilter(request) if outgoing.cuts_stops and request.sampling.stop else None,
            pictures=picture_filter(request, store=self._parts.pictures, link_base=self._exchange.link_base),
        )

    def _delivery(self, candidate: Candidate, prepared: Prepared, facts: ReplyFacts) -> Delivery:
        relay = facts.relay if prepared.request.is_codex_client else ()
        accepted = Accepted(
            model=prepared.model.slug,
            account_row_id=candidate.row_id,
            vendor=candidate.vendor,
            notes=self._history.notes,
            relay=relay,
            limits=() if self._admitted is None else self._admitted.headers,
        )
        return Delivery(
            accept=self._responder.accepted,
            accepted=accepted,
            at_end=not prepared.request.stream,
            commit=self._commit,
            observe_limits=candidate.observe,
            takes_empty=candidate.vendor is not None,  # that accounts answer so at times is their upstream's defect
        )

    def _commit(self) -> None:
        self._progress.committed = True
        self._let_body_go()
        self._history.committed()

    def _let_body_go(self) -> None:
        if self._exchange.body is not None:
            self._exchange.body.let_go()

    async def _after(self, failure: Failure, candidate: Candidate, asking: Asking) -> NextStep:
        progress = self._progress
        progress.failures.append(failure)
        if failure.kind in {FailureKind.EMPTY_ANSWER, FailureKind.IMAGE_UNAVAILABLE}:
            progress.empty_answers += 1
        if failure.kind is FailureKind.MODEL_NOT_IN_PLAN:
            progress.plan_misses += 1
            candidate.lacks_model()
        step = decide(failure, progress, policy=self._parts.failover(), now=self._parts.clock.monotonic())
        match step:
            case NextStep.RENEWED_CREDENTIAL:
                progress.renewed.add(candidate.row_id)
                return NextStep.RENEWED_CREDENTIAL if await candidate.renew() else NextStep.OTHER_ACCOUNT
            case NextStep.SAME_ACCOUNT if candidate.has_way():
                await self._parts.clock.sleep(RETRY_DELAYS_SECONDS[progress.same_account_tries])
                progress.same_account_tries += 1
            case NextStep.SAME_ACCOUNT | NextStep.OTHER_ACCOUNT:  # a way out that is shut by now is not waited for
                progress.same_account_tries = 0
                return NextStep.OTHER_ACCOUNT
            case NextStep.WITHOUT_REASONING:
                progress.reasoning_dropped = True
            case NextStep.IN_LITE_FORM:
                progress.lite_forced = True
            case NextStep.WITHOUT_FIELD if failure.param is not None:
                progress.fields_dropped.add(failure.param)
                asking.learn_reject(failure.param)
            case _:
                pass
        return step

    async def _give_up(self, failure: Failure, asking: Asking) -> Failure | None:
        if failure.kind is FailureKind.EMPTY_ANSWER and self._history.last is not None:
            await self._responder.deliver(
                self._history.last.hand_over()
            )  # an empty answer is still the upstream's answer
            return None
        return self._final(failure, asking)

    def _final(self, failure: Failure, asking: Asking) -> Failure:
        """The failure to tell: the one that happened, with what was tried, not the empty pool that it left."""
        happened = self._progress.failures
        if not happened:
            return failure
        told = one_to_tell(happened)
        wait = self._earliest(told, told.retry_after_seconds or failure.retry_after_seconds, asking)
        if len(self._progress.tried) < 2:
            return msgspec.structs.replace(told, retry_after_seconds=wait)
        message = f"{told.message} ({len(self._progress.tried)} {asking.noun} tried: {counted(happened)})"
        return msgspec.structs.replace(told, message=message, retry_after_seconds=wait)

    def _earliest(self, told: Failure, wait_seconds: float | None, asking: Asking) -> float | None:
        """A wait that the failure names is no longer than until the first of them can serve; without one it is that."""
        now = self._parts.clock.now()
        back_at = asking.back_at(now)
        if wait_seconds is None:
            rests = back_at is not None and back_at > now and rule_of(told).client_retries
            return max(1.0, back_at - now) if rests and back_at is not None else None
        return wait_seconds if back_at is None else max(1.0, min(wait_seconds, back_at - now))

    def report(self) -> None:
        record = self._history.record()
        if self._admitted is not None:
            self._admitted.settle(record)
        self._parts.observer.finished(record)


def _prepared(parts: GatewayParts, exchange: ExchangeInput, name: str | None = None) -> Prepared | Failure:
    prepared = prepare(
        exchange.request,
        exchange.notes,
        resolver=parts.resolver(),
        defaults=parts.defaults(),
        model=name,
        tools=parts.default_tools(exchange.client_key_id),
    )
    if isinstance(prepared, Failure) or exchange.body is None:
        return prepared
    return msgspec.structs.replace(prepared, body=exchange.body)


def _wish(request: Request, prepared: Prepared | Failure) -> Wish:
    if isinstance(prepared, Failure):
        return Wish(asked=request.model, model=None, request=request)
    return Wish(
        asked=request.model,
        model=prepared.model.slug,
        vendor=None if prepared.vendor is None else prepared.vendor.vendor,
        heeds_limit=prepared.vendor is not None,
        service_tier=prepared.service_tier,
        request=prepared.request,
    )
