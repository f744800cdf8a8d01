"""The bridge's ASGI application: the Ollama API, and below ``/v1/`` the gateway's own data plane.

Rules of this file: the route table and how a call is handed over; what an endpoint does stands beside it.  The API has
no keys, so whatever comes in acts with the scope ``inference`` and nothing more: the control plane is not reachable.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codex_proxy.access.keys import INFERENCE
from codex_proxy.access.matrix.clients import BRIDGE
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.ollama import schema
from codex_proxy.protocols.ollama.embedding import EmbedEndpoint
from codex_proxy.protocols.ollama.errors import NOT_SUPPORTED, error_reply
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.parts import json_text
from codex_proxy.server.api.inference import InferenceParts
from codex_proxy.server.app import GatewayApplication, ReportDefect, Route, RouteTable
from codex_proxy.server.asgi import Application, Receive, Scope, Send
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.ollama.embedding import EmbeddingParts, OllamaEmbedding
from codex_proxy.server.ollama.guard import BridgeGuard
from codex_proxy.server.ollama.inference import OllamaInference
from codex_proxy.server.ollama.models import FindModel, ListModels, ModelList, NamedModel, pull_answer, show_answer
from codex_proxy.server.security import Caller

BRIDGE_KEY_ID: Final = "ollama"
"""The row id under which the bridge's requests are known."""

_CALLER: Final = Caller(key_id=BRIDGE_KEY_ID, scopes=frozenset({INFERENCE}))
_BUILDING_PATHS: Final = ("/api/push", "/api/create", "/api/copy", "/api/delete")
_BUILDING_METHODS: Final = ("POST", "DELETE", "HEAD", "GET")


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeParts:
    """What the bridge stands on.

    ``main`` is the gateway's application and ``secret`` the client key to call it with; ``version`` and ``vision``
    may change while it runs; ``names`` are host names of this machine.
    """

    inference: InferenceParts
    raw: RawGateway
    main: Application
    secret: str
    list_models: ListModels
    find_model: FindModel
    version: Callable[[], str]
    vision: Callable[[], bool]
    cors: Callable[[], CorsPolicy]
    names: frozenset[str]
    report_defect: ReportDefect
    new_request_id: Callable[[], str]


def bridge_application(parts: BridgeParts) -> Application:
    """The bridge as one ASGI callable."""
    inner = GatewayApplication(
        routes=RouteTable(
            exact=bridge_routes(parts),
            prefixes={"/api/blobs/": _refused("blobs")},
            control_plane=WithKey(parts.main, parts.secret),
            control_prefixes=("/v1/",),
            rules=BRIDGE,
        ),
        authenticator=_NoKeys(),
        cors=parts.cors,
        encode_failure=lambda failure, _: error_reply(failure),
        report_defect=parts.report_defect,
        new_request_id=parts.new_request_id,
    )
    return BridgeGuard(inner, cors=parts.cors, names=parts.names)


def bridge_routes(parts: BridgeParts) -> dict[str, Route]:
    """The routes of whole paths."""
    chat, generate = (
        OllamaInference(OllamaServer(endpoint), parts.inference, caller=_CALLER, find_model=parts.find_model)
        for endpoint in (schema.Endpoint.CHAT, schema.Endpoint.GENERATE)
    )
    building = {path: _refused("models of one's own") for path in _BUILDING_PATHS}
    embedders = EmbeddingParts(inference=parts.inference, raw=parts.raw, caller=_CALLER)
    embedding = {f"/api/{kind}": _open({"POST": OllamaEmbedding(kind, embedders)}) for kind in EmbedEndpoint}
    return {
        "/": _open({"GET": RunningEndpoint()}),
        "/api/version": _open({"GET": VersionEndpoint(parts.version)}),
        "/api/tags": _open({"GET": ModelList(parts.list_models)}),
        "/api/ps": _open({"GET": ModelList(parts.list_models, running=True)}),
        "/api/show": _open({"POST": NamedModel(parts.find_model, show_answer(parts.vision))}),
        "/api/pull": _open({"POST": NamedModel(parts.find_model, pull_answer)}),
        "/api/chat": _open({"POST": chat}),
        "/api/generate": _open({"POST": generate}),
        **embedding,
        **building,
    }


class RunningEndpoint:
    """The root, which clients ask to see whether a server is there."""

    async def __call__(self, incoming: Incoming) -> None:
        """One line of text."""
        headers = (("content-type", "text/plain; charset=utf-8"),)
        await incoming.reply(WireReply(status=200, body=b"Ollama is running", headers=headers))


class VersionEndpoint:
    """The version that clients switch features by."""

    def __init__(self, version: Callable[[], str]) -> None:
        self._version = version

    async def __call__(self, incoming: Incoming) -> None:
        """The configured version as JSON."""
        await incoming.reply(WireReply(status=200, body=json_text.encode({"version": self._version()})))


class NotSupported:
    """What only a server that keeps models can do: 501."""

    def __init__(self, what: str) -> None:
        message = f"{what} are not supported by this bridge"
        self._failure = Failure(kind=FailureKind.INVALID_REQUEST, message=message, code=NOT_SUPPORTED)

    async def __call__(self, incoming: Incoming) -> None:
        """Say so."""
        await incoming.reply(error_reply(self._failure))


class WithKey:
    """Calls the gateway's application with the bridge's own key in place of whatever the client showed."""

    def __init__(self, application: Application, secret: str) -> None:
        self._application = application
        self._header = (b"authorization", f"Bearer {secret}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"authorization"]
        await self._application({**scope, "headers": [*others, self._header]}, receive, send)


class _NoKeys:
    """No route of the bridge asks for a key."""

    def authenticate(self, secret: str) -> Caller | None:
        return None


def _open(by_method: dict[str, Endpoint]) -> Route:
    return Route(by_method=by_method)


def _refused(what: str) -> Route:
    return _open({method: NotSupported(what) for method in _BUILDING_METHODS})
