"""Raw requests to vendor keys: the next key while nothing was handed over, then the vendor's bytes as they come.

Rules of this file: no byte of body or answer is read but for the model's name and the token counts at the answer's end,
unless the vendor has other words for embeddings; what is not 2xx becomes a failure, so that another key may answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.canonical.usage import Usage, believed
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
from codex_proxy.gateway.raw.question import RawQuestion, RawResponder
from codex_proxy.gateway.raw.ways import JSON, Translation, Way, way_to
from codex_proxy.gateway.upstreams.vendors import no_key_failure
from codex_proxy.protocols.base import EmbeddingClient, HeaderPairs, UpstreamCall, VendorCodec
from codex_proxy.routing.resolve import Resolver, UnknownModel, VendorRoute
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.pool import NoKey, VendorPool, Wanted
from codex_proxy.vendors.profile import Capability, RawEndpoint, VendorProfile

MAX_ATTEMPTS: Final = 5
_TAIL_BYTES: Final = 8192  # token counts stand at the end of an answer, whatever its size
_ERROR_BYTES: Final = 1024 * 1024
_USAGE: Final = re.compile(rb'"usage(?:Metadata)?"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})')
_INTO: Final = ("prompt_tokens", "input_tokens", "promptTokenCount")
_OUT: Final = ("output_tokens", "completion_tokens", "candidatesTokenCount")
_RELAYED: Final = (
    "content-type",
    "content-encoding",  # nobody is asked for one, and who sends one all the same is read by it alone
    "content-disposition",
    "content-language",
    "cache-control",
    "openai-processing-ms",
    "openai-version",
)
_LONGEST_TRANSLATED_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RawParts:
    """What raw requests are asked with; see ``VendorParts``.

    ``embedders`` are vendors' words for embeddings by the endpoint that understands them, the preferred ones first.
    """

    transport: Transport
    pool: VendorPool
    profile_of: Callable[[VendorKey], VendorProfile]
    codec_of: Callable[[VendorKey], VendorCodec]
    route_of: Callable[[VendorKey], Route | Failure]
    resolver: Callable[[], Resolver]
    clock: Clock
    observer: Observer
    admission: Admission = OPEN
    embedders: Mapping[RawEndpoint, EmbeddingClient] = field(default_factory=dict)


class RawGateway:
    """Runs raw requests."""

    def __init__(self, parts: RawParts) -> None:
        self._parts = parts

    def leads_to_vendor(self, model: str) -> bool:
        """Whether a model is a vendor's."""
        found = self._parts.resolver().resolve(model) if model else None
        return found is not None and not isinstance(found, UnknownModel) and found.vendor is not None

    def serves(self, capability: Capability) -> bool:
        """Whether any key that is not switched off could be for this: its vendor is, or it says so of a model."""
        keys = [key for key in self._parts.pool.all_keys() if not key.is_off]
        listed = any(model.enabled and capability in model.capabilities for key in keys for model in key.models)
        return listed or any(capability in self._parts.profile_of(key).capabilities for key in keys)

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
        self._headers_at: float | None = None
        self._records: list[AttemptRecord] = []
        self._model_used: str | None = None
        self._tail = b""
        self._usage: Usage | None = None
        self._translated: Translation | None = None
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
        way = way_to(profile, key.wire, self._question, model=model, clients=self._parts.embedders)
        if isinstance(way, Failure):
            return way
        if isinstance(route, Failure):
            return route
        began_at = self._parts.clock.monotonic()
        self._parts.pool.used(key.row_id, self._parts.clock.now())
        failure = await self._call(way, key, route)
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
                headers_seconds=None if self._headers_at is None else self._headers_at - began_at,
            )
        )
        return told

    async def _call(self, way: Way, key: VendorKey, route: Route) -> Failure | None:
        self._headers_at = None
        headers = _headers(way, key, self._parts.profile_of(key))
        answers: list[bytes] = []
        for body in way.bodies:
            call = UpstreamCall(method="POST", path=way.path, headers=headers, body=body)
            try:
                answer = await self._ask(call, route, self._parts.codec_of(key), passes=way.translation is None)
            except TransportError as error:
                return error.failure
            if isinstance(answer, Failure):
                return answer
            answers.append(answer)
        return None if way.translation is None else await self._tell(way.translation, answers)

    async def _ask(self, call: UpstreamCall, route: Route, codec: VendorCodec, *, passes: bool) -> bytes | Failure:
        """The answer to one call; empty where it ``passes`` to the client as it comes."""
        async with self._parts.transport.open(call, route) as reply:
            if not 200 <= reply.status < 300:
                return codec.parse_failure(reply.status, reply.headers, await _whole(reply, _ERROR_BYTES))
            self._headers_at = self._headers_at or self._parts.clock.monotonic()
            if not passes:
                return await _whole(reply, _LONGEST_TRANSLATED_BYTES, strictly=True)
            await self._relay(reply)
            return b""

    async def _tell(self, translation: Translation, answers: list[bytes]) -> Failure | None:
        told = translation.told(answers)
        if isinstance(told, Failure):
            return told
        answer, tokens = told
        self._usage = None if tokens is None else Usage(input_tokens=tokens)
        self._translated = translation
        self._first_at = self._parts.clock.monotonic()
        headers = (("content-type", JSON), *self._limits())
        await self._responder.start(HTTPStatus.OK, headers, translation.request.notes)
        await self._responder.send(answer)
        return None

    def _limits(self) -> HeaderPairs:
        return () if self._admitted is None else self._admitted.headers

    async def _relay(self, reply: UpstreamReply) -> None:
        relayed = ((name, reply.headers[name]) for name in _RELAYED if name in reply.headers)
        headers = (*relayed, *self._limits())
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
            usage=self._usage or usage_at_end(self._tail),
            failure=self._failure,
            notes=() if self._translated is None else self._translated.request.notes,
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
    into, out = _count(told, _INTO), _count(told, _OUT)
    return believed(Usage(input_tokens=into, output_tokens=out)) if into or out else None


def _count(told: JsonObject, names: tuple[str, ...]) -> int:
    counts = (told.get(name) for name in names)
    return next((count for count in counts if isinstance(count, int) and count >= 0), 0)


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


def _headers(way: Way, key: VendorKey, profile: VendorProfile) -> HeaderPairs:
    wire = profile.find_wire(key.wire) or profile.default_wire
    return (("content-type", way.content_type), ("accept", "*/*"), *wire.lookup_pairs(key.secret, way.endpoint))


async def _whole(reply: UpstreamReply, limit_bytes: int, *, strictly: bool = False) -> bytes:
    """The body, or its beginning; a break off raises ``TransportError`` where the whole is needed."""
    pieces: list[bytes] = []
    size_bytes = 0
    try:
        while size_bytes < limit_bytes and (piece := await reply.read()):
            pieces.append(piece)
            size_bytes += len(piece)
    except TransportError:
        if strictly:
            raise
    return b"".join(pieces)
