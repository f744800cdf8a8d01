"""Vendor keys as an upstream of exchanges.

Rules of this file: what an outcome means for a key stands in the vendors' standing, who is next in their pool.  A
client that speaks the vendor's dialect has its own body sent, changed in nothing but the model's name, and reads the
vendor's bytes; for everybody else the request is written anew.  A key never shows in what a client reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import ClientIdentity, Credential, Profile, Target, UpstreamIdentity
from codex_proxy.gateway.adding.tools import Takes, as_taken
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.ports import Clock, Lease, Route
from codex_proxy.gateway.prepare import Prepared, not_stored
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.upstreams.candidate import Asker, Outgoing
from codex_proxy.protocols.base import InvalidRequest, ReplyFacts, Unsupported, UpstreamCall, VendorCodec
from codex_proxy.routing.resolve import VendorRoute
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.pool import NoKey, NoKeyReason, VendorPool, Wanted
from codex_proxy.vendors.profile import Capability

_NOBODY: Final = ClientIdentity(
    profile=Profile.CLI,
    engine_version="",
    desktop_version="",
    platform="",
    arch="",
    terminal="",
    installation_id="",
)
_WHY: Final = {
    NoKeyReason.NONE: "there is none",
    NoKeyReason.INCAPABLE: "it is not for this kind of request",
    NoKeyReason.DISABLED: "it is disabled",
    NoKeyReason.REFUSED: "the vendor refused it; put in another one or switch it on again",
    NoKeyReason.TRIED: "all were tried",
    NoKeyReason.COOLING: "it rests",
}
_NOT_HERE: Final = frozenset({NoKeyReason.NONE, NoKeyReason.INCAPABLE})
_NO_IDS: Final = UpstreamIdentity(session_id="", thread_id="", turn_id="")
"""Vendors are told neither an official client nor ids of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorParts:
    """What vendor keys are asked with."""

    pool: VendorPool
    codec_of: Callable[[VendorKey], VendorCodec]
    route_of: Callable[[VendorKey], Route | Failure]
    clock: Clock
    rejects: LearnedRejects


class VendorUpstream:
    """Implements ``Upstream`` for requests whose model leads to a vendor."""

    def __init__(self, parts: VendorParts) -> None:
        self._parts = parts

    def ask(self, asker: Asker, prepared: Prepared, progress: Progress) -> "VendorAsking":
        """See ``Upstream``."""
        route = prepared.vendor or VendorRoute(vendor=None, model=prepared.model.slug)
        return VendorAsking(self._parts, prepared, route, progress)

    def passes(self, prepared: Prepared) -> bool:
        """Whether the next key to be asked would be sent the client's own body."""
        if prepared.vendor is None:
            return False
        ranked = self._parts.pool.rank(_wanted(prepared.vendor), exclude=frozenset(), now=self._parts.clock.now())
        return not isinstance(ranked, NoKey) and may_pass(prepared, self._parts.codec_of(ranked[0]))


class VendorAsking:
    """Implements ``Asking``."""

    noun = "keys"

    def __init__(self, parts: VendorParts, prepared: Prepared, route: VendorRoute, progress: Progress) -> None:
        self.parts = parts
        self.prepared = prepared
        self.progress = progress
        progress.keeps_to_one = False
        self.wanted = _wanted(route)
        self.rejects_key = f"{route.vendor or ''}:{route.model}"

    async def choose(self, *, exclude: frozenset[str], again: str | None) -> "VendorCandidate | Failure":
        """See ``Asking``."""
        pool = self.parts.pool
        key = pool.find(again) if again is not None else None
        if key is None:
            ranked = pool.rank(self.wanted, exclude=exclude, now=self.parts.clock.now())
            if isinstance(ranked, NoKey):
                return no_key_failure(ranked, self.wanted, now=self.parts.clock.now())
            key = ranked[0]
        pool.used(key.row_id, self.parts.clock.now())
        return VendorCandidate(self, key)

    def back_at(self, now: float) -> float | None:
        """See ``Asking``."""
        ranked = self.parts.pool.rank(self.wanted, exclude=frozenset(), now=now)
        return ranked.retry_at if isinstance(ranked, NoKey) else now

    def learn_reject(self, field: str) -> None:
        """See ``Asking``."""
        self.parts.rejects.learn(self.rejects_key, field)


class VendorLease:
    """Implements ``Lease``: keys are not counted in slots."""

    __slots__ = ("account_id",)

    def __init__(self, row_id: str) -> None:
        self.account_id = row_id

    def release(self) -> None:
        """See ``Lease``."""


class VendorCandidate:
    """Implements ``Candidate``: a key of a vendor."""

    def __init__(self, asking: VendorAsking, key: VendorKey) -> None:
        self._asking = asking
        self._parts = asking.parts
        self._key = key
        self.row_id = key.row_id
        self.vendor: str | None = key.called
        self.lease: Lease = VendorLease(key.row_id)

    def has_way(self) -> bool:
        """See ``Candidate``."""
        return not isinstance(self._parts.route_of(self._key), Failure)

    def outgoing(self) -> Outgoing | Failure:
        """See ``Candidate``."""
        route = self._parts.route_of(self._key)
        if isinstance(route, Failure):
            return route
        prepared, codec = self._asking.prepared, self._parts.codec_of(self._key)
        request, notes = as_taken(prepared.request, prepared.added_count, takes_of(prepared, codec))
        if request.previous_response_id is not None and codec.dialect.family is not Dialect.OPENAI_RESPONSES:
            return not_stored(request.previous_response_id)
        target = self._target()
        try:
            passed = self._passed_call(request, codec, target)
            call = codec.build_call(request, target) if passed is None else passed
        except (Unsupported, InvalidRequest) as error:
            return error.failure()
        return Outgoing(
            call=call,
            route=route,
            codec=codec,
            passes=passed is not None,
            is_whole=not request.stream,
            cuts_stops=passed is None and not codec.takes_stops,
            notes=notes,
        )

    def _passed_call(self, request: Request, codec: VendorCodec, target: Target) -> UpstreamCall | None:
        """The client's own body, where it speaks the vendor's dialect and nothing was asked for beside it."""
        prepared = self._asking.prepared
        body = prepared.body.content if prepared.body is not None else b""
        if not body or not may_pass(prepared, codec) or self._asking.progress.reasoning_dropped:
            return None
        return codec.pass_call(request, target, body)

    def heard(self, facts: ReplyFacts) -> None:
        """See ``Candidate``: nothing is kept."""

    def observe(self, snapshot: RateLimitSnapshot) -> None:
        """See ``Candidate``: a vendor's own counters decide nothing here."""

    def settle(self, failure: Failure | None, delivery: Delivery | None, *, asked_at: float) -> None:
        """See ``Candidate``; what a vendor says of a country is nothing to the accounts, and their egress not told."""
        self._parts.pool.settle(self.row_id, failure, self._parts.clock.now())

    def told(self, failure: Failure) -> Failure:
        """See ``Candidate``: in the vendor's name, which keeps its status, and without the key."""
        message = failure.message.replace(self._key.secret, "***") if self._key.secret else failure.message
        return msgspec.structs.replace(failure, vendor=self._key.called, message=message)

    def lacks_model(self) -> None:
        """See ``Candidate``: the owner lists a key's models."""

    async def renew(self) -> bool:
        """See ``Candidate``: a key does not renew itself."""
        return False

    def _target(self) -> Target:
        prepared = self._asking.prepared
        return Target(
            model=prepared.model,
            credential=Credential(token=self._key.secret),
            client=_NOBODY,
            identity=_NO_IDS,
            now=self._parts.clock.now(),
            effort=prepared.effort,
            service_tier=prepared.service_tier,
            learned_rejects=self._parts.rejects.of(self._asking.rejects_key),
            drop_reasoning=self._asking.progress.reasoning_dropped,
            long_context=prepared.long_context,
        )


def _wanted(route: VendorRoute) -> Wanted:
    return Wanted(vendor=route.vendor, model=route.model, capability=Capability.CHAT)


def takes_of(prepared: Prepared, codec: VendorCodec) -> Takes:
    """What the vendor's model can be offered."""
    slug = prepared.model.slug
    return lambda tool, others: codec.takes_tool(tool, others, model=slug)


def may_pass(prepared: Prepared, codec: VendorCodec) -> bool:
    """Whether the client's own body can go: same dialect, and nothing asked for that stands outside of it."""
    request, added = as_taken(prepared.request, prepared.added_count, takes_of(prepared, codec))
    return (
        not added
        and request.dialect is codec.dialect.family
        and not request.picture_links
        and prepared.effort == request.reasoning.effort
        and prepared.service_tier == request.service_tier
    )


def no_key_failure(nobody: NoKey, wanted: Wanted, *, now: float) -> Failure:
    """Why no key can serve, and when one can."""
    where = f"{wanted.vendor} key" if wanted.vendor else "vendor key"
    told = f"; the vendor said: {nobody.told}" if nobody.told else ""
    if nobody.reason in _NOT_HERE:
        message = f"no {where} has the model {wanted.model!r}: {_WHY[nobody.reason]}"
        return Failure(kind=FailureKind.MODEL_NOT_FOUND, message=message, param="model", code="model_not_found")
    if nobody.retry_at is None:
        message = f"no {where} can serve the model {wanted.model!r}: {_WHY[nobody.reason]}{told}"
        return Failure(kind=FailureKind.NO_ACCOUNT, message=message)
    return Failure(
        kind=FailureKind.RATE_LIMITED,
        message=f"every {where} for the model {wanted.model!r} rests for a while{told}",
        retry_after_seconds=max(1.0, nobody.retry_at - now),
        resets_at=nobody.retry_at,
    )
