"""The control plane as an application that is made when it is first asked.

Rules of this file: nothing here imports the control plane's framework; ``plane``, which does, is loaded by name.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from codex_proxy.accounts.choice.explanation import Explanation
from codex_proxy.bootstrap.accounts.egress import EgressServices
from codex_proxy.bootstrap.accounts.logins import Logins
from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.bootstrap.client_keys.services import GrantedKeyServices
from codex_proxy.bootstrap.control.access_files import AccessFiles
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.models.routing import Routing
from codex_proxy.bootstrap.outgoing.own_updates import OwnUpdates
from codex_proxy.bootstrap.outgoing.updates import Updates
from codex_proxy.bootstrap.usage.services import UsageServices
from codex_proxy.bootstrap.vendors.keys import VendorKeyServices
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.operations.error_log.desk import ErrorDesk
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.metrics.book import MetricsBook
from codex_proxy.operations.ollama_bridge import OllamaBridge
from codex_proxy.operations.request_log.desk import LogDesk
from codex_proxy.operations.settings.book import SettingsBook
from codex_proxy.server.asgi import Application, Receive, Scope, Send
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.security import Authenticator
from codex_proxy.settings.schema import Settings

PLANE: Final = "codex_proxy.bootstrap.control.plane"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlGround:
    """What the control plane stands on.

    ``inference_key`` gives the key for clients; ``started_at`` is a monotonic second; ``live`` are the settings in
    force, which ``book`` changes.
    """

    services: AccountServices
    logins: Logins
    egress: EgressServices
    vendor_keys: VendorKeyServices
    client_keys: GrantedKeyServices
    jobs: JobBook
    usage: UsageServices
    bridge: OllamaBridge
    book: SettingsBook
    live: Current[Settings]
    exchanges: RunningExchanges
    metrics: MetricsBook
    updates: Updates
    own_updates: OwnUpdates
    leases: MemoryLeaseBook
    routing: Routing
    authenticator: Authenticator
    access: AccessFiles
    explain: Callable[[str], Explanation | None]
    log: LogDesk
    errors: ErrorDesk
    inference_key: Callable[[], str | None]
    started_at: float
    report_defect: Callable[[str, Exception], None]


class LatePlane:
    """The control plane.

    Framework, routes and the owner's use cases are 15 MB and half a second of CPU time (measured), which a gateway that
    only answers clients does without.  They are loaded in a thread, so that answers stream on meanwhile.
    """

    def __init__(self, ground: ControlGround) -> None:
        self._ground = ground
        self._plane: Application | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the control plane."""
        plane = self._plane or await self.made()
        await plane(scope, receive, send)

    async def made(self) -> Application:
        """The application itself, made if it was not yet."""
        async with self._making:
            if self._plane is None:
                self._plane = await asyncio.to_thread(self._make)
            return self._plane

    def _make(self) -> Application:
        plane: Application = import_module(PLANE).make_plane(self._ground)
        return plane
