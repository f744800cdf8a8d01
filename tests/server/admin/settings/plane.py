"""The control plane over the settings of a file, asked without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.settings.book import settings_book
from codex_proxy.operations.ollama_bridge import BridgeStatus
from codex_proxy.operations.settings.parts import CannotFollow
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.settings.desk import SettingsDesk
from codex_proxy.server.admin.settings.listing import listing_routes
from codex_proxy.server.admin.settings.named import named_routes
from codex_proxy.settings.load import load_settings
from codex_proxy.settings.schema import OllamaSection
from tests.server.admin.accounts.plane import BOSS, Keys
from tests.server.admin.test_app import REPORT, nobody_expects

TAKEN = 5000
HOSTS = ("gpt-5.4", "gpt-5.5")


def made_desk(folder: Path, **environ: str) -> SettingsDesk:
    """A desk over ``local.yaml`` of a folder; the bridge cannot have port ``TAKEN``."""
    loaded = load_settings(flags={}, environ=environ, data_dir=folder)
    followers = Followers(loaded.settings)

    async def bridge(section: OllamaSection) -> None:
        if section.port == TAKEN:
            raise CannotFollow("ollama.port", f"127.0.0.1:{TAKEN} is already in use")

    followers.ask(lambda settings: settings.ollama, bridge)
    return SettingsDesk(
        book=settings_book(loaded, environ, followers),
        image_hosts=lambda: HOSTS,
        is_routable=HOSTS.__contains__,
        bridge_status=lambda: BridgeStatus(enabled=followers.live.get().ollama.enabled, running=False),
    )


@asynccontextmanager
async def serving(desk: SettingsDesk) -> AsyncIterator[httpx.AsyncClient]:
    plane = control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=nobody_expects,
        routes=[*named_routes(desk), *listing_routes(desk)],
    )
    inner = httpx.ASGITransport(app=plane)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=inner, base_url="http://127.0.0.1:8080", headers=BOSS) as client:
        yield client
