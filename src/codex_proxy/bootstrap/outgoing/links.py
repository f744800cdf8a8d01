"""Links in requests: whether and how they are followed."""

from codex_proxy.bootstrap.accounts.services import global_proxy
from codex_proxy.settings.schema import Settings
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.linked_files import LinkedFiles


def linked_files(settings: Settings, *, trusted_pem: bytes | None = None) -> LinkedFiles | None:
    """Who follows links; None where that is the backend's business.  Raises ``StartRefused``."""
    if not settings.images.fetch_remote:
        return None
    return LinkedFiles(
        UrlGuard(egress_url=global_proxy(settings.tls), only_here=settings.security.loopback_only),
        allow_private=settings.security.allow_private_upstreams,
        trusted_pem=trusted_pem,
    )
