"""Vendor keys as an upstream of exchanges, and of requests that are passed on as they are, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.vendors.codecs import VendorCodecs
from codex_proxy.bootstrap.vendors.keys import VendorKeyServices
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.ports import Observer, Route, Transport, UpstreamReply
from codex_proxy.gateway.raw.relay import RawGateway, RawParts
from codex_proxy.gateway.upstreams.vendors import VendorParts, VendorUpstream
from codex_proxy.protocols.base import EmbeddingClient, UpstreamCall
from codex_proxy.protocols.gemini.embedding import GeminiEmbeddingClient
from codex_proxy.protocols.parts.openai.embeddings import OpenAiEmbeddingClient
from codex_proxy.routing.resolve import Resolver
from codex_proxy.vendors.profile import RawEndpoint

EMBEDDERS: Final[Mapping[RawEndpoint, EmbeddingClient]] = {
    RawEndpoint.EMBEDDINGS: OpenAiEmbeddingClient(),
    RawEndpoint.BATCH_EMBED_CONTENTS: GeminiEmbeddingClient(),
}
"""Vendors' words for embeddings by the endpoint that understands them, the preferred ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EitherTransport:
    """Implements the gateway's ``Transport``: calls to addresses that a user gave are guarded, all others are not."""

    accounts: Transport
    vendors: Transport

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """See ``Transport``."""
        return (self.accounts if route.guarding is None else self.vendors).open(call, route)


class VendorAskers:
    """Everything that asks vendors."""

    def __init__(self, services: VendorKeyServices, *, clock: SystemClock) -> None:
        self._services = services
        self._clock = clock
        self._codecs = VendorCodecs(services.ground.profiles)
        self.upstream = VendorUpstream(
            VendorParts(
                pool=services.book.pool,
                codec_of=self._codecs.of,
                route_of=services.ground.calls.vendor_route,
                clock=clock,
                rejects=LearnedRejects(),
            )
        )

    def over(self, accounts: Transport) -> EitherTransport:
        """The transport of all exchanges."""
        return EitherTransport(accounts=accounts, vendors=self._services.ground.calls.transport)

    def raw(self, resolver: Callable[[], Resolver], observer: Observer) -> RawGateway:
        """Who passes requests on as they are."""
        return RawGateway(
            RawParts(
                transport=self._services.ground.calls.transport,
                pool=self._services.book.pool,
                profile_of=self._codecs.profile_of,
                codec_of=self._codecs.of,
                route_of=self._services.ground.calls.vendor_route,
                resolver=resolver,
                clock=self._clock,
                observer=observer,
                embedders=EMBEDDERS,
            )
        )
