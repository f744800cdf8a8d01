"""The settings' part of a control plane without a gateway, for commands while none runs.

Rules of this file: it opens no store, makes no keys and listens nowhere; the same checks hold as in a gateway.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from codex_proxy import __version__
from codex_proxy.access.keys import ADMIN
from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.settings.book import settings_book
from codex_proxy.operations.ollama_bridge import BridgeStatus
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.health import HealthReport, SlotReport
from codex_proxy.server.admin.settings.desk import SettingsDesk
from codex_proxy.server.admin.settings.listing import listing_routes
from codex_proxy.server.asgi import Application
from codex_proxy.server.security import Caller
from codex_proxy.settings.load import LoadedSettings

_SECRET_BYTES: Final = 32
_NOT_RUNNING: Final = HealthReport(
    status="not running",
    version=__version__,
    uptime_seconds=0.0,
    accounts={},
    slots=SlotReport(used_count=0, total_count=0, waiting_count=0),
    exchanges_count=0,
    models_fetched_at=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPlane:
    """The application, and the key that it wants."""

    application: Application
    token: str


def settings_plane(loaded: LoadedSettings, environ: Mapping[str, str]) -> SettingsPlane:
    """The plane over the file that the settings were read from."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    desk = SettingsDesk(
        book=settings_book(loaded, environ, Followers(loaded.settings)),
        image_hosts=tuple,
        is_routable=lambda _: True,
        bridge_status=lambda: BridgeStatus(enabled=loaded.settings.ollama.enabled, running=False),
    )
    plane = control_plane(
        authenticator=_OneKey(token),
        make_report=lambda: _NOT_RUNNING,
        version=__version__,
        report_defect=_raise,
        routes=listing_routes(desk),
    )
    return SettingsPlane(application=cast("Application", plane), token=token)


class _OneKey:
    """Implements the server's ``Authenticator`` for one key."""

    def __init__(self, token: str) -> None:
        self._token = token

    def authenticate(self, secret: str) -> Caller | None:
        """See ``Authenticator``."""
        known = hmac.compare_digest(secret.encode(), self._token.encode())
        return Caller(key_id="commands", scopes=frozenset({ADMIN})) if known else None


def _raise(_: str, error: Exception) -> None:
    raise error
