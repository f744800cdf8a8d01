"""The Ollama bridge put together: settings to an operation that opens and closes its listener.

Rules of this file: the bridge's application is made when the listener first opens, since the gateway's own, which it
calls, serves the bridge's settings and is made later.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.operations.model_list import ModelList
from codex_proxy.operations.ollama_bridge import BridgeSettings, OllamaBridge, RemoteNotAllowed, check_host
from codex_proxy.routing.resolve import Resolved, Resolver
from codex_proxy.server.api.inference import InferenceParts
from codex_proxy.server.app import ReportDefect
from codex_proxy.server.asgi import Application
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.ollama.application import BRIDGE_KEY_ID, BridgeParts, bridge_application
from codex_proxy.server.ollama.listener import OllamaListener
from codex_proxy.settings.schema import OllamaSection, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeGround:
    """What the bridge stands on: the gateway's parts, and ``secret``, the client key that it calls the gateway with.

    ``logged`` notes what an application is asked.
    """

    settings: Settings
    cors: Callable[[], CorsPolicy]
    secret: str
    inference: InferenceParts
    raw: RawGateway
    resolver: Callable[[], Resolver]
    models: ModelList
    report_defect: ReportDefect
    new_request_id: Callable[[], str]
    logged: Callable[[Application], Application] = lambda application: application


def make_bridge(ground: BridgeGround, main: Callable[[], Application]) -> OllamaBridge:
    """The bridge, not listening yet; ``main`` gives the gateway's application.

    Raises:
        StartRefused: the settings want it off loopback without allowing that.
    """
    settings = bridge_settings(ground.settings.ollama)

    def application(host: str) -> Application:
        return ground.logged(bridge_application(_parts(ground, main(), bridge, names=_names_of(host))))

    bridge = OllamaBridge(settings, listener=OllamaListener(application))
    try:
        if settings.enabled:
            check_host(settings)
    except RemoteNotAllowed as error:
        raise StartRefused(str(error)) from error
    return bridge


def bridge_settings(section: OllamaSection) -> BridgeSettings:
    """The configuration section as the operation's value."""
    return BridgeSettings(
        enabled=section.enabled,
        host=section.host,
        port=section.port,
        version=section.version,
        disable_vision=section.disable_vision,
        allow_remote=section.allow_remote,
    )


def _parts(ground: BridgeGround, main: Application, bridge: OllamaBridge, *, names: frozenset[str]) -> BridgeParts:
    return BridgeParts(
        inference=ground.inference,
        raw=ground.raw,
        main=main,
        secret=ground.secret,
        list_models=lambda: ground.models.shown_to(BRIDGE_KEY_ID),
        find_model=_finder(ground),
        version=lambda: bridge.settings.version,
        vision=lambda: not bridge.settings.disable_vision,
        cors=ground.cors,
        names=names,
        report_defect=ground.report_defect,
        new_request_id=ground.new_request_id,
    )


def _names_of(host: str) -> frozenset[str]:
    """What this machine is called in ``Host`` headers: where it listens, and its own name with and without mDNS's."""
    own = socket.gethostname()
    return frozenset({host, own, f"{own}.local"})


def _finder(ground: BridgeGround) -> Callable[[str], ModelFacts | None]:
    def find(name: str) -> ModelFacts | None:
        found = ground.resolver().resolve(name)
        return found.model if isinstance(found, Resolved) else None

    return find
