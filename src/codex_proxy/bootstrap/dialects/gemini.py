"""Gemini's routes: its own paths, and those below ``/v1/models`` that it shares with other dialects.

Rules of this file: objects are made here, rules are elsewhere.
"""

from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.server.api.counting import CountParts
from codex_proxy.server.api.gemini import GeminiClientsFirst, GeminiEndpoint, GeminiModelsEndpoint, ListModels
from codex_proxy.server.api.inference import FailureEncoder, InferenceParts
from codex_proxy.server.app import Route
from codex_proxy.server.raw.endpoints import VendorEndpointParts
from codex_proxy.server.raw.gemini import GeminiEmbedding

_OWN = "/v1beta/models"
_SHARED = "/v1/models"


class GeminiRoutes:
    """The routes, laid over those of a table that has the model lists already."""

    def __init__(
        self, *, inference: InferenceParts, counting: CountParts, raw: RawGateway, list_models: ListModels
    ) -> None:
        vendors = VendorEndpointParts(
            gateway=raw,
            running=inference.running,
            encode_failure=FailureEncoder(GeminiServer()),
            max_body_bytes=inference.max_body_bytes,
        )
        self._asked = GeminiEndpoint(inference, counting, GeminiEmbedding(vendors))
        self._listed = GeminiModelsEndpoint(list_models)

    def exact(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of whole paths."""
        return routes | {_OWN: Route(by_method={"GET": self._listed}), _SHARED: self._shared(routes[_SHARED])}

    def prefixes(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of everything below a path; google-genai asks below ``/v1`` too."""
        own = Route(by_method={"GET": self._listed, "POST": self._asked})
        shared = self._shared(routes[f"{_SHARED}/"])
        asked = Route(by_method=shared.by_method | {"POST": self._asked})
        return routes | {f"{_OWN}/": own, f"{_SHARED}/": asked}

    def _shared(self, route: Route) -> Route:
        first = GeminiClientsFirst(gemini=self._listed, others=route.by_method["GET"])
        return Route(by_method=route.by_method | {"GET": first})
