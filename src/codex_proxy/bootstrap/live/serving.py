"""What the server goes by from one request to the next, made of the settings.

Rules of this file: pure; each is asked anew for every request, by ``Current.derived``.
"""

from collections.abc import Callable

from codex_proxy.bootstrap.live.current import Current
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.images.links import LinkBases
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.streaming import Pace
from codex_proxy.settings.schema import Settings


def pace_of(settings: Settings) -> Pace:
    """How long a stream waits, and when it gets heartbeats."""
    server = settings.server
    return Pace(first_byte_grace_seconds=server.first_byte_grace_seconds, heartbeat_seconds=server.heartbeat_seconds)


def most_body_bytes(settings: Settings) -> int:
    """The largest body, packed and unpacked."""
    return settings.server.max_body_bytes


def names_of(settings: Settings) -> frozenset[str]:
    """Host names of this gateway beside loopback's, in lower case."""
    return frozenset(name.lower() for name in settings.server.names)


def cors_of(settings: Settings) -> CorsPolicy:
    """Whose pages may call the gateway."""
    server = settings.server
    return CorsPolicy(allowed_origins=frozenset(server.cors), allow_null=server.cors_allow_null_origin)


def bridge_cors_of(settings: Settings) -> CorsPolicy:
    """Whose pages may call the Ollama bridge, which wants no key: none but this machine's."""
    return CorsPolicy(allow_null=settings.server.cors_allow_null_origin)


def link_base_by(live: Current[Settings]) -> Callable[[Incoming], str]:
    """The beginning of links for a client."""
    bases = live.derived(lambda settings: LinkBases(settings.images.link_bases))

    def link_base(incoming: Incoming) -> str:
        return bases()(incoming)

    return link_base
