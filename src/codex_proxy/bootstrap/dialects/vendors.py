"""Routes that vendors serve: embeddings, sound, moderation, and pictures of their own models.

Rules of this file: objects are made here, rules are elsewhere.
"""

from typing import Final

from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.protocols.parts.openai.embeddings import OpenAiEmbeddingServer
from codex_proxy.server.api.inference import FailureEncoder, InferenceParts
from codex_proxy.server.app import Route
from codex_proxy.server.raw.endpoints import Spoken, VendorEndpoint, VendorEndpointParts, VendorsFirst
from codex_proxy.vendors.profile import RawEndpoint

ENDPOINTS: Final = {
    "/v1/embeddings": RawEndpoint.EMBEDDINGS,
    "/v1/audio/transcriptions": RawEndpoint.TRANSCRIPTION,
    "/v1/audio/translations": RawEndpoint.TRANSLATION,
    "/v1/audio/speech": RawEndpoint.SPEECH,
    "/v1/moderations": RawEndpoint.MODERATION,
}
SHARED: Final = {
    "/v1/images/generations": RawEndpoint.IMAGES,
    "/v1/images/edits": RawEndpoint.IMAGE_EDITS,
}
"""Paths that the accounts serve too, for models that are no vendor's."""
DEFAULT_MODERATION: Final = "omni-moderation-latest"  # what OpenAI's own endpoint takes where none is named


class VendorRoutes:
    """The routes, laid over those of a table."""

    def __init__(self, *, raw: RawGateway, inference: InferenceParts, encode_failure: FailureEncoder) -> None:
        self._parts = VendorEndpointParts(
            gateway=raw,
            running=inference.running,
            encode_failure=encode_failure,
            max_body_bytes=inference.max_body_bytes,
        )

    def exact(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of whole paths."""
        own = {path: Route(by_method={"POST": self._endpoint(kind)}) for path, kind in ENDPOINTS.items()}
        shared = {path: self._first(routes[path], kind) for path, kind in SHARED.items()}
        return routes | own | shared

    def _endpoint(self, kind: RawEndpoint) -> VendorEndpoint:
        spoken = Spoken(
            endpoint=kind,
            dialect=f"openai_{kind.value}",
            default_model=DEFAULT_MODERATION if kind is RawEndpoint.MODERATION else "",
            server=OpenAiEmbeddingServer() if kind is RawEndpoint.EMBEDDINGS else None,
        )
        return VendorEndpoint(spoken, self._parts)

    def _first(self, route: Route, kind: RawEndpoint) -> Route:
        first = VendorsFirst(self._endpoint(kind), route.by_method["POST"], self._parts)
        return Route(by_method=route.by_method | {"POST": first})
