"""The routes of the data plane: every dialect's, laid over each other.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codex_proxy.bootstrap.client_keys.services import GrantedKeyServices
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.dialects.anthropic import AnthropicGround, AnthropicRoutes
from codex_proxy.bootstrap.dialects.gemini import GeminiRoutes
from codex_proxy.bootstrap.dialects.images import ImageRoutes
from codex_proxy.bootstrap.dialects.openai import OpenAiRoutes
from codex_proxy.bootstrap.dialects.usage import usage_routes
from codex_proxy.bootstrap.dialects.vendors import VendorRoutes
from codex_proxy.bootstrap.models.routing import Routing
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.gateway.exchange import Gateway
from codex_proxy.gateway.ports import PictureStore
from codex_proxy.gateway.prompts.estimates import PromptEstimates
from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.operations.health.readiness import Readiness
from codex_proxy.operations.transfer.times import iso
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses import counting as responses_counting
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.server.api.counting import CountEndpoint, CountParts, CountWords
from codex_proxy.server.api.cursor import ChatOrResponses
from codex_proxy.server.api.inference import FailureEncoder, FailuresByCaller, InferenceEndpoint, InferenceParts
from codex_proxy.server.api.status import FidelityEndpoint, HealthEndpoint, ReadyEndpoint, RootEndpoint
from codex_proxy.server.api.stored import StoredResponseEndpoint, UpgradeEndpoint
from codex_proxy.server.app import Route
from codex_proxy.server.client_keys.standing import OWN_TERMS, OwnTermsEndpoint
from codex_proxy.server.security import Authenticator

FIDELITY: Final = Path(__file__).parents[1] / "fidelity.json"
"""What becomes of every feature, as the tests found it; see ``docs/fidelity.md``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRoutes:
    """What health and readiness are told of, and whose keys hear more of it.

    ``is_configured`` says whether the settings' file is followed.
    """

    readiness: Readiness
    authenticator: Authenticator
    is_configured: Callable[[], bool] = lambda: True

    def exact(self) -> dict[str, Route]:
        """The routes."""
        health = HealthEndpoint(
            self.readiness, authenticator=self.authenticator, iso=iso, is_configured=self.is_configured
        )
        ready = ReadyEndpoint(self.readiness, iso=iso)
        return {
            "/health": Route(by_method={"GET": health}),
            "/health/ready": Route(by_method={"GET": ready}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPlane:
    """What the dialects' routes stand on."""

    upstream: Upstream
    gateway: Gateway
    raw: RawGateway
    counting: CountParts
    prompts: PromptEstimates
    inference: InferenceParts
    health: HealthRoutes
    routing: Routing
    client_keys: GrantedKeyServices
    chat: Callable[[], ChatServer]
    pictures: PictureStore
    clock: SystemClock


def route_tables(data: DataPlane, encode_failure: FailureEncoder) -> tuple[dict[str, Route], dict[str, Route]]:
    """The routes of whole paths, and those of everything below a path."""
    parts, models = data.inference, data.routing.model_list(data.client_keys.admission.may_use)
    gemini = GeminiRoutes(inference=parts, counting=data.counting, raw=data.raw, list_models=models.shown_to)
    anthropic = AnthropicRoutes(
        AnthropicGround(
            inference=parts,
            gateway=data.gateway,
            prompts=data.prompts,
            counting=data.counting,
            resolver=data.routing.resolver,
            list_models=models.shown_to,
        )
    )
    images = ImageRoutes(inference=parts, pictures=data.pictures)
    openai = OpenAiRoutes(inference=parts, gateway=data.gateway, models=models, encode_failure=encode_failure)
    plain = _exact_routes(parts, data.chat, encode_failure) | _counting_routes(data.counting) | data.health.exact()
    terms = Route(by_method={"GET": OwnTermsEndpoint(data.client_keys.views.own, encode_failure)})
    own = openai.exact(
        plain | usage_routes(data.upstream.pool, data.clock.now, data.client_keys.usage.tell) | {OWN_TERMS: terms}
    )
    below = openai.prefixes(_prefix_routes(encode_failure))
    vendors = VendorRoutes(raw=data.raw, inference=parts, encode_failure=encode_failure)
    return (
        vendors.exact(images.exact(anthropic.exact(gemini.exact(own)))),
        images.prefixes(anthropic.prefixes(gemini.prefixes(below))),
    )


def failures_by_caller(openai: FailureEncoder) -> FailuresByCaller:
    """Failures that belong to no endpoint, in the words of whoever calls."""
    anthropic, gemini = FailureEncoder(AnthropicServer()), FailureEncoder(GeminiServer())
    return FailuresByCaller(openai=openai, anthropic=anthropic, gemini=gemini)


def _exact_routes(
    parts: InferenceParts, chat: Callable[[], ChatServer], encode_failure: FailureEncoder
) -> dict[str, Route]:
    responses = ResponsesServer()
    return {
        "/": Route(by_method={"GET": RootEndpoint()}),
        "/v1/chat/completions": Route(by_method={"POST": InferenceEndpoint(ChatOrResponses(chat, responses), parts)}),
        "/v1/responses": Route(
            by_method={"POST": InferenceEndpoint(responses, parts), "GET": UpgradeEndpoint(encode_failure)}
        ),
        "/v1/fidelity": Route(by_method={"GET": FidelityEndpoint(FIDELITY.read_bytes())}),
    }


def _counting_routes(parts: CountParts) -> dict[str, Route]:
    responses = CountWords(
        parse=responses_counting.parse_count_request,
        encode=responses_counting.encode_count,
        encode_failure=FailureEncoder(ResponsesServer()),
    )
    return {"/v1/responses/input_tokens": Route(by_method={"POST": CountEndpoint(responses, parts)})}


def _prefix_routes(encode_failure: FailureEncoder) -> dict[str, Route]:
    stored = StoredResponseEndpoint(encode_failure)
    return {
        "/v1/responses/": Route(by_method={"GET": stored, "POST": stored, "DELETE": stored}),
    }
