"""Raw requests to vendor keys: the next key while nothing was handed over, then the vendor's bytes as they come.

Rules of this file: no byte of body or answer is read but for the model's name and the token counts at the answer's end;
what is not 2xx becomes a failure, so that another key may answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.admission.ports import OPEN, Admission, Admitted, Wish
from codex_proxy.gateway.ports import (
    AttemptRecord,
    Clock,
    ExchangeRecord,
    Observer,
    Route,
    Transport,
    TransportError,
    UpstreamReply,
)
from codex_proxy.gateway.prepare import unknown_model
from codex_proxy.gateway.raw.question import RawQuestion, RawResponder, no_endpoint
from codex_proxy.gateway.upstreams.vendors import no_key_failure
from codex_proxy.protocols.base import HeaderPairs, UpstreamCall, VendorCodec
from codex_proxy.routing.resolve import Resolver, UnknownModel, VendorRoute
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.pool import NoKey, VendorPool, Wanted
from codex_proxy.vendors.profile import VendorProfile

MAX_ATTEMPTS: Final = 5
_TAIL_BYTES: Final = 8192  # token counts stand at the end of an answer, whatever its size
_ERROR_BYTES: Final = 1024 * 1024
_USAGE: Final = re.compile(rb'"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})')
_RELAYED: Final = ("content-type", "content-disposition", "content-language", "openai-processing-ms", "openai-version")
_PROFILE_MODEL: Final = "{model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawParts:
    """What raw requests are asked with; see ``VendorParts``."""

    transport: Transport
    pool: VendorPool
    profile_of: Callable[[VendorKey], VendorProfile]
    codec_of: Callable[[VendorKey], VendorCodec]
    route_of: Callable[[VendorKey], Route | Failure]
    resolver: Callable[[], Resolver]
    clock: Clock
    observer: Observer
    admission: Admission = OPEN


class RawGateway:
    """Runs raw requests."""

    def __init__(self, parts: RawParts) -> None:
        self._parts = parts

    def leads_to_vendor(self, model: str) -> bool:
        """Whether a model is a vendor's."""
        found = self._parts.resolver().resolve(model) if model else None
        return found is not None and not isinstance(found, UnknownModel) and found.vendor is not None

    async def run(self, question: RawQuestion, responder: RawResponder) -> Failure | None:
        """Answer through ``responder``; the failure, also of an answer that broke off."""
        running = _Running(self._parts, question, responder)
        try:
            return await running.answer()
        finally:
            running.report()


class _Running:
    """The state of one request."""

    def __init__(self, parts: RawParts, question: RawQuestion, responder: RawResponder) -> None:
        self._parts = parts
        self._question = question
        self._responder = responder
        self._started_at = parts.clock.monotonic()
        self._began_at = parts.clock.now()
        self._ended = False
        self._first_at: float | None = None
        self._records: list[AttemptRecord] = []
        self._model_used: str | None = None
        self._tail = b""
        self._failure: Failure | None = None
        self._admitted: Admitted | None = None

    async def answer(self) -> Failure | None:
        self._failure = await self._refusal() or await self._ask_keys()
        self._ended = True
        return self._failure

    async def _refusal(self) -> Failure | None:
        """Why the client's key may not have this; None where it may."""
        gate = self._parts.admission.gate_of(self._question.client_key_id)
        if gate is None:
            return None
        admitted = await gate.admit(_wish(self._question, self._parts.resolver()))
        if isinstance(admitted, Failure):
            return admitted
        self._admitted = admitted
        return None

    async def _ask_keys(self) -> Failure | None:
        found = self._parts.resolver().resolve(self._question.model)
        if isinstance(found, UnknownModel):
            return unknown_model(found)
        if found.vendor is None:
            return _not_for_accounts(self._question)
        self._model_used = found.vendor.model
        wanted = self._wanted(found.vendor)
        tried: set[str] = set()
        failure: Failure | None = None
        while len(tried) < MAX_ATTEMPTS:
            now = self._parts.clock.now()
            ranked = self._parts.pool.rank(wanted, exclude=frozenset(tried), now=now)
            if isinstance(ranked, NoKey):
                return failure or no_key_failure(ranked, wanted, now=now)
            key = ranked[0]
            tried.add(key.row_id)
            failure = await self._attempt(key, wanted.model)
            if failure is None or self._first_at is not None or not rule_of(failure).other_account_helps:
                return failure
        return failure

    def _wanted(self, route: VendorRoute) -> Wanted:
        return Wanted(vendor=route.vendor, model=route.model, capability=self._question.endpoint.capability)

    async def _attempt(self, key: VendorKey, model: str) -> Failure | None:
        profile, route = self._parts.profile_of(key), self._parts.route_of(key)
        path = profile.paths.get(self._question.endpoint)
        if path is None:
            return no_endpoint(self._question, profile.display_name)
        if isinstance(route, Failure):
            return route
        began_at = self._parts.clock.monotonic()
        self._parts.pool.used(key.row_id, self._parts.clock.now())
        call = UpstreamCall(
            method="POST",
            path=path.replace(_PROFILE_MODEL, model),
            headers=self._headers(key, profile),
            body=self._question.asking(model),
        )
        failure = await self._call(call, route, self._parts.codec_of(key))
        self._parts.pool.settle(key.row_id, failure, self._parts.clock.now())
        told = None if failure is None else _told(failure, key)
        self._records.append(
            AttemptRecord(
                account_row_id=key.row_id,
                vendor=key.called,
                egress_name=route.egress_name,
                failure=told,
                started_seconds=began_at - self._started_at,
                duration_seconds=self._parts.clock.monotonic() - began_at,
            )
        )
        return told

    def _headers(self, key: VendorKey, profile: VendorProfile) -> HeaderPairs:
        wire = profile.find_wire(key.wire) or profile.default_wire
        return (("content-type", self._question.content_type), ("accept", "*/*"), *wire.lookup_pairs(key.secret))

    async def _call(self, call: UpstreamCall, route: Route, codec: VendorCodec) -> Failure | None:
        try:
            async with self._parts.transport.open(call, route) as reply:
                if not 200 <= reply.status < 300:
                    return codec.parse_failure(reply.status, reply.headers, await _error_body(reply))
                await self._relay(reply)
                return None
        except TransportError as error:
            return error.failure

    async def _relay(self, reply: UpstreamReply) -> None:
        headers = tuple((name, reply.headers[name]) for name in _RELAYED if name in reply.headers)
        headers += () if self._admitted is None else self._admitted.headers
        while chunk := await reply.read():
            if self._first_at is None:
                self._first_at = self._parts.clock.monotonic()
                await self._responder.start(reply.status, headers)
            self._tail = (self._tail + chunk)[-_TAIL_BYTES:]
            await self._responder.send(chunk)
        if self._first_at is None:
            self._first_at = self._parts.clock.monotonic()
            await self._responder.start(reply.status, headers)

    def report(self) -> None:
        now = self._parts.clock.monotonic()
        record = ExchangeRecord(
            request_id=self._question.request_id,
            client_key_id=self._question.client_key_id,
            dialect=self._question.dialect,
            model_asked=self._question.model,
            model_used=self._model_used,
            attempts=tuple(self._records),
            usage=usage_at_end(self._tail),
            failure=self._failure,
            notes=(),
            first_content_seconds=None if self._first_at is None else self._first_at - self._started_at,
            duration_seconds=now - self._started_at,
            started_at=self._began_at,
            aborted=not self._ended,
        )
        if self._admitted is not None:
            self._admitted.settle(record)
        self._parts.observer.finished(record)


def usage_at_end(tail: bytes) -> Usage | None:
    """Token counts at the end of a JSON answer; None where there are none."""
    found = None
    for match in _USAGE.finditer(tail):
        found = match.group(1)
    if found is None:
        return None
    try:
        told = msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeError):
        return None
    read = told.get("prompt_tokens", told.get("input_tokens")), told.get("output_tokens", told.get("completion_tokens"))
    counts = [count if isinstance(count, int) and count >= 0 else 0 for count in read]
    return Usage(input_tokens=counts[0], output_tokens=counts[1]) if any(counts) else None


def _wish(question: RawQuestion, resolver: Resolver) -> Wish:
    found = resolver.resolve(question.model)
    route = None if isinstance(found, UnknownModel) else found.vendor
    return Wish(
        asked=question.model,
        model=None if isinstance(found, UnknownModel) else found.model.slug,
        vendor=None if route is None else route.vendor,
        size_bytes=len(question.body),
        is_form=question.is_form,
    )


def _told(failure: Failure, key: VendorKey) -> Failure:
    message = failure.message.replace(key.secret, "***") if key.secret else failure.message
    return msgspec.structs.replace(failure, vendor=key.called, message=message)


def _not_for_accounts(question: RawQuestion) -> Failure:
    what = question.endpoint.value.replace("_", " ")
    return Failure(
        kind=FailureKind.MODEL_NOT_FOUND,
        message=f"the model {question.model!r} is served by ChatGPT accounts, which offer no {what}; "
        "name a model of a vendor key",
        param="model",
        code="model_not_found",
    )


async def _error_body(reply: UpstreamReply) -> bytes:
    pieces: list[bytes] = []
    size_bytes = 0
    try:
        while size_bytes < _ERROR_BYTES and (piece := await reply.read()):
            pieces.append(piece)
            size_bytes += len(piece)
    except TransportError:
        pass  # the status is known
    return b"".join(pieces)
