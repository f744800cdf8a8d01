"""The ChatGPT accounts as an upstream of exchanges.

Rules of this file: what an outcome means stands in the accounts' lifecycle, who is next in the pool; here they are told
and asked.  Ids, turn state and sealed reasoning belong to one account and never reach another.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.lifecycle.evidence import Evidence, ends_at, evidence_of
from codex_proxy.accounts.lifecycle.states import Occurrence, occurrence_of
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.quota.buckets import bucket_of_model
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Request, Role
from codex_proxy.canonical.target import ClientIdentity, Target, UpstreamIdentity
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.gateway.adding.tools import as_taken
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.ports import Clock, EgressReports, Lease, Renewal, Route
from codex_proxy.gateway.prepare import Prepared
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.selection import Chosen, Selection
from codex_proxy.gateway.upstreams.candidate import Asker, Outgoing
from codex_proxy.protocols.base import ClientCodec, InvalidRequest, ReplyFacts, Unsupported


class UpstreamPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account's calls go, and under which routing header."""

    route: Route
    routing_override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """What accounts are asked with; callables are asked anew for each exchange, since their answers change.

    ``models_hinted`` hears which list of models an account's answer names, by its tag.
    """

    codec: ClientCodec
    selection: Selection
    pool: AccountPool
    continuation: Continuation
    clock: Clock
    client: Callable[[], ClientIdentity]
    place_of: Callable[[Account], UpstreamPlace | Failure]
    rejects: LearnedRejects
    default_instructions: Callable[[], str] = lambda: ""
    preamble: Callable[[], str] = lambda: ""
    bucket_of: Callable[[str], str] = bucket_of_model
    renewal: Renewal | None = None
    egress: EgressReports | None = None
    models_hinted: Callable[[str, str], None] = lambda _row_id, _etag: None


class AccountUpstream:
    """Implements ``Upstream``."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    def speaking(self, codec: ClientCodec) -> "AccountUpstream":
        """The same accounts and conversations for another kind of call."""
        return AccountUpstream(replace(self._parts, codec=codec))

    def ask(self, asker: Asker, prepared: Prepared, progress: Progress) -> "AccountAsking":
        """See ``Upstream``."""
        model = prepared.model
        progress.has_lite_form = model.lite and not prepared.request.is_codex_client
        progress.lite_forced = progress.has_lite_form and self._parts.rejects.wants_lite(model.slug)
        return AccountAsking(self._parts, asker, prepared, progress)


class AccountAsking:
    """Implements ``Asking``."""

    noun = "accounts"

    def __init__(self, parts: AccountParts, asker: Asker, prepared: Prepared, progress: Progress) -> None:
        self.parts = parts
        self.prepared = prepared
        self.progress = progress
        self.request_id = asker.request_id
        conversation_id = prepared.conversation_id
        self.conversation = None if conversation_id is None else (asker.client_key_id, conversation_id)
        self.bucket = parts.bucket_of(prepared.model.slug)
        self._need = Need(
            model=prepared.model.slug,
            bucket=self.bucket,
            conversation=self.conversation,
            is_continued=any(turn.role is Role.ASSISTANT for turn in prepared.request.turns),
            client_key_id=asker.client_key_id,
            bound_to=asker.bound_to,
        )

    async def choose(self, *, exclude: frozenset[str], again: str | None) -> "AccountCandidate | Failure":
        """See ``Asking``."""
        chosen = await self.parts.selection.choose(self._need, exclude=exclude, again=again, request_id=self.request_id)
        return chosen if isinstance(chosen, Failure) else AccountCandidate(self, chosen)

    def back_at(self, now: float) -> float | None:
        """See ``Asking``."""
        standing = self.parts.pool.standing(now, bucket=self.bucket, only=self._need.bound_to)
        return now if standing.usable_now else standing.retry_at

    def learn_reject(self, field: str) -> None:
        """See ``Asking``."""
        self.parts.rejects.learn(self.prepared.model.slug, field)


class AccountCandidate:
    """Implements ``Candidate``: an account, its slot, and the conversation as this account knows it."""

    vendor: str | None = None

    def __init__(self, asking: AccountAsking, chosen: Chosen) -> None:
        self._asking = asking
        self._parts = asking.parts
        self._account = chosen.account
        self.row_id = chosen.account.row_id
        self.lease: Lease = chosen.lease
        self._place: UpstreamPlace | None = None
        key = asking.conversation
        self._upstream_key = (self.row_id, *key) if key else None
        self._identity: UpstreamIdentity | None = None

    def has_way(self) -> bool:
        """See ``Candidate``."""
        return not isinstance(self._parts.place_of(self._account), Failure)

    def outgoing(self) -> Outgoing | Failure:
        """See ``Candidate``."""
        place = self._parts.place_of(self._account)
        if isinstance(place, Failure):
            return place
        request, notes = self._offering()
        identity = self._parts.continuation.identity(self._upstream_key, request, self._parts.clock.now())
        try:
            call = self._parts.codec.build_call(request, self._target(place, identity))
        except (Unsupported, InvalidRequest) as error:
            return error.failure()
        self._place, self._identity = place, identity
        return Outgoing(call=call, route=place.route, codec=self._parts.codec, notes=notes)

    def heard(self, facts: ReplyFacts) -> None:
        """See ``Candidate``: the turn's state is kept, and the tag of the models told."""
        if facts.models_etag is not None:
            self._parts.models_hinted(self.row_id, facts.models_etag)
        if self._identity is not None:
            now = self._parts.clock.now()
            self._parts.continuation.keep_turn_state(self._upstream_key, self._identity, facts.turn_state, now)

    def observe(self, snapshot: RateLimitSnapshot) -> None:
        """See ``Candidate``."""
        self._parts.pool.observe(self.row_id, snapshot, self._parts.clock.now())

    def settle(self, failure: Failure | None, delivery: Delivery | None, *, asked_at: float) -> None:
        """See ``Candidate``.

        An answer with an item that only this account can open makes it the home, in the conversation's next window.
        """
        if self._place is None:
            return  # nobody was asked
        self._tell_pool(failure, asked_at)
        if failure is not None and self._parts.egress is not None:
            self._parts.egress.refused(self._place.route.egress_id, failure)
        if self._asking.progress.lite_forced and delivery is not None and delivery.committed:
            self._parts.rejects.learn_lite(self._asking.prepared.model.slug)
        key = self._asking.conversation
        if failure is None and key is not None and delivery is not None and delivery.compacted:
            now = self._parts.clock.now()
            self._parts.pool.moved(self.row_id, key, now)
            if self._identity is not None:
                self._parts.continuation.compacted(self._upstream_key, self._identity, now)

    def told(self, failure: Failure) -> Failure:
        """See ``Candidate``: as it is."""
        return failure

    def lacks_model(self) -> None:
        """See ``Candidate``."""
        self._parts.pool.lacks_model(self.row_id, self._asking.prepared.model.slug, self._parts.clock.now())

    async def renew(self) -> bool:
        """See ``Candidate``; a refused token is not the account's end."""
        renewal = self._parts.renewal
        return renewal is not None and await renewal.renew(self._account)

    def _target(self, place: UpstreamPlace, identity: UpstreamIdentity) -> Target:
        prepared, progress = self._asking.prepared, self._asking.progress
        return Target(
            model=prepared.model,
            credential=self._account.credential,
            client=self._parts.client(),
            identity=identity,
            now=self._parts.clock.now(),
            effort=prepared.effort,
            service_tier=prepared.service_tier,
            routing_override=place.routing_override,
            default_instructions=self._parts.default_instructions(),
            preamble=self._parts.preamble(),
            prompt_inline=prepared.prompt_inline,
            learned_rejects=self._parts.rejects.of(prepared.model.slug),
            drop_reasoning=progress.reasoning_dropped,
            force_lite=progress.lite_forced,
        )

    def _offering(self) -> tuple[Request, tuple[Note, ...]]:
        """The request with what of the owner's tools the form can carry; the lite one has none that are run there."""
        prepared, lite = self._asking.prepared, self._asking.progress.lite_forced
        return as_taken(
            prepared.request, prepared.added_count, lambda tool, _: not (lite and isinstance(tool, HostedTool))
        )

    def _tell_pool(self, failure: Failure | None, asked_at: float) -> None:
        occurrence = Occurrence.SUCCEEDED if failure is None else occurrence_of(failure)
        if occurrence is None:
            return
        now = self._parts.clock.now()
        seen = Evidence(asked_at=asked_at) if failure is None else evidence_of(failure, asked_at=asked_at)
        news = News(
            occurrence=occurrence,
            generation=self._account.generation,
            bucket=self._asking.bucket,
            until=None if failure is None else ends_at(failure, now=now),
            evidence=msgspec.structs.replace(seen, request_id=self._asking.request_id),
        )
        self._parts.pool.settle(self.row_id, news, now)
