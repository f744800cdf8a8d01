"""Routes of OpenAI's dialects beside chat completions and responses.

Rules of this file: objects are made here, rules are elsewhere.
"""

from dataclasses import replace

from codex_proxy.gateway.exchange import Gateway
from codex_proxy.operations.model_list import ModelList
from codex_proxy.protocols.codex.unstreamed.compact import CompactClient
from codex_proxy.protocols.codex.unstreamed.passed import PassedClient
from codex_proxy.protocols.openai_chat.schema import ReasoningField
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_completions.server import CompletionsServer
from codex_proxy.protocols.openai_responses.unstreamed.compact import CompactServer
from codex_proxy.protocols.openai_responses.unstreamed.passed import PASSED_ENDPOINTS, PassedServer
from codex_proxy.server.api.inference import FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.api.models import CatalogueEndpoint, ModelsEndpoint
from codex_proxy.server.api.passed import CodexClientsOnly
from codex_proxy.server.app import Route
from codex_proxy.settings.schema import Settings

_MODELS = "/v1/models"


def chat_server(settings: Settings) -> ChatServer:
    """The chat dialect as the owner wants it spoken."""
    chat = settings.chat
    return ChatServer(reasoning_field=ReasoningField(chat.reasoning_field), heartbeat_chunks=chat.heartbeat == "chunk")


class OpenAiRoutes:
    """The routes, laid over those of a table."""

    def __init__(
        self, *, inference: InferenceParts, gateway: Gateway, models: ModelList, encode_failure: FailureEncoder
    ) -> None:
        self._inference = inference
        self._models = models
        self._encode_failure = encode_failure
        self._compacting = replace(inference, gateway=gateway.speaking(CompactClient()))
        self._passing = replace(inference, gateway=gateway.speaking(PassedClient()))

    def exact(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of whole paths."""
        compact = Route(by_method={"POST": InferenceEndpoint(CompactServer(), self._compacting)})
        passed = {f"/v1/{endpoint}": self._passed(endpoint) for endpoint in PASSED_ENDPOINTS}
        completions = Route(by_method={"POST": InferenceEndpoint(CompletionsServer(), self._inference)})
        shown, default = self._models.shown_to, self._models.default_slug
        catalogue = Route(by_method={"GET": CatalogueEndpoint(shown_models=shown, default_slug=default)})
        own = {
            "/v1/completions": completions,
            "/v1/responses/compact": compact,
            _MODELS: self._listed(),
            f"{_MODELS}/catalog": catalogue,
        }
        return routes | own | passed

    def prefixes(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of everything below a path."""
        return routes | {f"{_MODELS}/": self._listed()}

    def _listed(self) -> Route:
        endpoint = ModelsEndpoint(
            shown_models=self._models.shown_to,
            default_slug=self._models.default_slug,
            encode_failure=self._encode_failure,
        )
        return Route(by_method={"GET": endpoint})

    def _passed(self, endpoint: str) -> Route:
        codec = PassedServer(endpoint)
        asked = CodexClientsOnly(InferenceEndpoint(codec, self._passing), FailureEncoder(codec))
        return Route(by_method={"POST": asked})
