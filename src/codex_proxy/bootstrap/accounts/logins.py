"""The ways to log in, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.login.files import CliFiles
from codex_proxy.operations.accounts.arrivals import Arrivals
from codex_proxy.operations.login.browser import BrowserLogins
from codex_proxy.operations.login.cli_file import CliImport
from codex_proxy.operations.login.device import DeviceLogins
from codex_proxy.operations.login.following import FileFollower
from codex_proxy.operations.login.ports import LoginParts
from codex_proxy.operations.login.tokens import TokenLogins
from codex_proxy.server.oauth.listener import OAuthListener


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Every way to log in; ``close`` at the end."""

    browser: BrowserLogins
    device: DeviceLogins
    cli_import: CliImport
    tokens: TokenLogins
    follower: FileFollower

    async def close(self) -> None:
        """Let exchanges under way come to their end, and free the port."""
        await self.browser.close()
        await self.device.close()


def logins(
    services: AccountServices,
    *,
    environ: Mapping[str, str] | None = None,
    allowed: Callable[[], bool] = lambda: True,
) -> Logins:
    """The logins; ``environ`` tells where another program keeps its tokens, ``allowed`` whether one may begin."""
    ground = services.ground
    arrivals = Arrivals(pool=ground.pool, live=services.keeper, clock=ground.clock)
    parts = LoginParts(
        store=ground.stores.accounts,
        issuer=services.endpoint,
        clock=ground.clock,
        random_bytes=secrets.token_bytes,
        arrived=arrivals.arrived,
        allowed=allowed,
    )
    files = CliFiles(environ=os.environ if environ is None else environ, home=Path.home())
    listener = OAuthListener(host=ground.settings.auth.oauth_callback_host)
    return Logins(
        browser=BrowserLogins(parts, listener=listener),
        device=DeviceLogins(parts),
        cli_import=CliImport(parts, files),
        tokens=TokenLogins(parts, refreshing=services.refresher),
        follower=FileFollower(parts, files, records=ground.pool.records),
    )
