"""Anthropic's routes: its own paths, and the model lists that it shares with other dialects.

Rules of this file: objects are made here, rules are elsewhere; a prompt that is too long is told with the window of the
model it went to.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from codex_proxy.gateway.exchange import Gateway
from codex_proxy.gateway.prompts.estimates import PromptEstimates
from codex_proxy.gateway.prompts.warming import Warming
from codex_proxy.protocols.anthropic.counting import encode_count, parse_count_request
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.anthropic.usage import estimate_input_tokens
from codex_proxy.routing.resolve import Resolver, UnknownModel
from codex_proxy.server.api.anthropic import (
    AnthropicClientsFirst,
    AnthropicModelsEndpoint,
    ListModels,
    NotServedEndpoint,
    ProbeEndpoint,
    TelemetrySink,
    WithRequestId,
)
from codex_proxy.server.api.counting import CountEndpoint, CountParts, CountWords
from codex_proxy.server.api.inference import FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.app import Route

_NOT_SERVED = ("/v1/messages/", "/v1/files", "/v1/skills", "/v1/complete")
_MODELS = "/v1/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnthropicGround:
    """What the routes stand on; ``prompts`` also observes the gateway."""

    inference: InferenceParts
    gateway: Gateway
    prompts: PromptEstimates
    counting: CountParts
    resolver: Callable[[], Resolver]
    list_models: ListModels


def prompt_estimates(monotonic: Callable[[], float], *, trust_user_field: Callable[[], bool]) -> PromptEstimates:
    """What this dialect's streams tell of their prompts at the start."""
    return PromptEstimates(size=estimate_input_tokens, monotonic=monotonic, trust_user_field=trust_user_field)


class AnthropicRoutes:
    """The routes, laid over those of a table that has the model lists already."""

    def __init__(self, ground: AnthropicGround) -> None:
        self._ground = ground
        self._codec = AnthropicServer(window_of=self._window_of)
        self._models = AnthropicModelsEndpoint(self._codec, ground.list_models)

    def exact(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of whole paths."""
        words = CountWords(parse=parse_count_request, encode=encode_count, encode_failure=FailureEncoder(self._codec))
        ground = self._ground
        inference = replace(ground.inference, gateway=Warming(ground.gateway), prompts=ground.prompts)
        messages = WithRequestId(InferenceEndpoint(self._codec, inference))
        count = WithRequestId(CountEndpoint(words, self._ground.counting))
        return routes | {
            "/v1/messages": Route(by_method={"POST": messages}),
            "/v1/messages/count_tokens": Route(by_method={"POST": count}),
            _MODELS: self._shared(routes[_MODELS]),
            "/api/hello": Route(by_method={"GET": ProbeEndpoint()}),
            "/api/event_logging/batch": Route(by_method={"POST": TelemetrySink()}),
        }

    def prefixes(self, routes: dict[str, Route]) -> dict[str, Route]:
        """Routes of everything below a path."""
        missing = NotServedEndpoint(self._codec)
        not_served = Route(by_method={"GET": missing, "POST": missing, "DELETE": missing})
        shared = self._shared(routes[f"{_MODELS}/"])
        return routes | {f"{_MODELS}/": shared} | dict.fromkeys(_NOT_SERVED, not_served)

    def _shared(self, route: Route) -> Route:
        first = AnthropicClientsFirst(anthropic=self._models, others=route.by_method["GET"])
        return Route(by_method=route.by_method | {"GET": first})

    def _window_of(self, model: str) -> int | None:
        found = self._ground.resolver().resolve(model)
        return None if isinstance(found, UnknownModel) else found.model.context_window
