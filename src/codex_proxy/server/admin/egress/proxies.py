"""The pool of egress proxies: ``/api/proxies`` and below.

Rules of this file: answers are masked; only the export holds passwords.  Words such as ``settings`` go before ids.
Source: spec, accounts, 8.4.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.egress.addresses import ProxyAddress, build_proxy, parse_proxy
from codex_proxy.operations.egress.book import EgressBook
from codex_proxy.operations.egress.checks import ProxyChecks
from codex_proxy.operations.egress.formats import MAX_BYTES
from codex_proxy.operations.egress.pool import ProxyInUse, ProxyPool
from codex_proxy.operations.egress.shown import shown_proxy
from codex_proxy.operations.ollama_bridge import SettingsNotKept
from codex_proxy.server.admin.egress.shapes import (
    AllProxies,
    AssignmentView,
    CheckedProxy,
    ListTaken,
    NewProxy,
    OneProxy,
    PoolSettings,
    ProxyChange,
    ProxyList,
    ProxyView,
    RemovedProxy,
    SettingsKept,
    health_view,
    proxy_view,
)
from codex_proxy.server.admin.files import FILE_TYPES, bearer_guard, read_file, require_bearer, secret_file
from codex_proxy.server.admin.guard import JSON, MEDIA_TYPES
from codex_proxy.server.admin.wire.bodies import ControlRequest, unknown_members
from codex_proxy.server.admin.wire.errors import AnyRequest, ControlError
from codex_proxy.server.security import Authenticator

PROXIES_PATH: Final = "/api/proxies"
PROXY_PATH: Final = f"{PROXIES_PATH}/{{proxy_id:str}}"
FILE_NAME: Final = "codex-proxy-proxies.yaml"

ProxyId = Annotated[str, PathParameter(pattern=r"^[\w.-]{1,64}$", description="A proxy's id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyDesk:
    """What the routes stand on."""

    pool: ProxyPool
    checks: ProxyChecks
    book: EgressBook
    clock: Clock
    authenticator: Authenticator

    def views(self) -> tuple[ProxyView, ...]:
        """Every proxy as it is now."""
        return tuple(self.view(proxy) for proxy in self.pool.proxies)

    def view(self, proxy: EgressProxy) -> ProxyView:
        """One proxy as it is now."""
        return proxy_view(shown_proxy(proxy, self.book.standing(proxy.proxy_id), now=self.clock.now()))


def proxy_routes(desk: ProxyDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_listing(desk), *_changing(desk), *_checking(desk), *_files(desk)]


def _listing(desk: ProxyDesk) -> list[HTTPRouteHandler]:
    @get(PROXIES_PATH, sync_to_thread=False, summary="Egress proxies")
    def proxies() -> ProxyList:
        """The pool, and which accounts have a way out of their own."""
        assignments = desk.pool.assignments.items()
        return ProxyList(
            proxies=desk.views(),
            assignments=tuple(AssignmentView(account_id=row_id, proxy_id=target) for row_id, target in assignments),
            health_check_interval_minutes=desk.checks.interval_minutes,
        )

    @put(f"{PROXIES_PATH}/settings", summary="How often proxies are checked")
    async def change_pool_settings(request: ControlRequest, data: JSONBody[PoolSettings]) -> SettingsKept:
        """Minutes between checks, at most a day; 0 for never, but for proxies that fail."""
        try:
            await desk.checks.change_interval(data.health_check_interval_minutes)
        except SettingsNotKept as error:
            raise ControlError(409, "settings_not_kept", f"{error}; nothing was changed") from error
        return SettingsKept(
            health_check_interval_minutes=desk.checks.interval_minutes,
            overridden=desk.checks.overridden,
            warnings=await unknown_members(request, PoolSettings),
        )

    return [proxies, change_pool_settings]


def _changing(desk: ProxyDesk) -> list[HTTPRouteHandler]:
    @post(PROXIES_PATH, status_code=HTTP_200_OK, summary="Add a proxy")
    async def add_proxy(request: ControlRequest, data: JSONBody[NewProxy]) -> OneProxy:
        """By URL or by parts; an address that is there already is enabled, and renamed where there is a name."""
        added = await desk.pool.add(_address(data), name=data.name)
        return OneProxy(proxy=desk.view(added), warnings=await unknown_members(request, NewProxy))

    @put(PROXY_PATH, summary="Change a proxy")
    async def change_proxy(request: ControlRequest, proxy_id: ProxyId, data: JSONBody[ProxyChange]) -> OneProxy:
        """Its name, its address, or both."""
        changed = await desk.pool.change(proxy_id, name=data.name, url=data.url)
        return OneProxy(proxy=desk.view(changed), warnings=await unknown_members(request, ProxyChange))

    @delete(PROXY_PATH, status_code=HTTP_200_OK, summary="Remove a proxy")
    async def remove_proxy(proxy_id: ProxyId, *, reassign: FromQuery[str | None] = None) -> RemovedProxy:
        """Where accounts leave through it, ``reassign`` says where they go: a mode or another proxy's id."""
        try:
            return RemovedProxy(accounts=await desk.pool.remove(proxy_id, reassign=reassign))
        except ProxyInUse as error:
            details = {"accounts": list(error.row_ids)}
            raise ControlError(409, "proxy_in_use", str(error), details=details) from error

    @post(f"{PROXY_PATH}/enable", status_code=HTTP_200_OK, summary="Enable a proxy")
    async def enable_proxy(proxy_id: ProxyId) -> OneProxy:
        """Let accounts leave through it."""
        return OneProxy(proxy=desk.view(await desk.pool.enable(proxy_id, enabled=True)))

    @post(f"{PROXY_PATH}/disable", status_code=HTTP_200_OK, summary="Disable a proxy")
    async def disable_proxy(proxy_id: ProxyId) -> OneProxy:
        """Let no account leave through it; those that should do as ``egress.on_unavailable`` says."""
        return OneProxy(proxy=desk.view(await desk.pool.enable(proxy_id, enabled=False)))

    return [add_proxy, change_proxy, remove_proxy, enable_proxy, disable_proxy]


def _checking(desk: ProxyDesk) -> list[HTTPRouteHandler]:
    @post(f"{PROXY_PATH}/check", status_code=HTTP_200_OK, summary="Check a proxy")
    async def check_proxy(proxy_id: ProxyId) -> CheckedProxy:
        """Ask through it where it comes out."""
        health = await desk.checks.check(proxy_id)
        return CheckedProxy(proxy=desk.view(desk.pool.find(proxy_id)), health=health_view(health))

    @post(f"{PROXIES_PATH}/check-all", status_code=HTTP_200_OK, summary="Check every proxy")
    async def check_all_proxies() -> AllProxies:
        """Five at a time, those that are not disabled."""
        await desk.checks.check_all()
        return AllProxies(proxies=desk.views())

    return [check_proxy, check_all_proxies]


def _files(desk: ProxyDesk) -> list[HTTPRouteHandler]:
    @get(
        f"{PROXIES_PATH}/export",
        guards=[bearer_guard(desk.authenticator)],
        sync_to_thread=False,
        media_type="text/yaml",
        also={HTTP_200_OK: object},
        summary="Export proxies",
    )
    def export_proxies() -> Response[bytes]:
        """The pool as YAML, with every password."""
        return secret_file(desk.pool.export(), name=FILE_NAME, media_type="text/yaml")

    @post(f"{PROXIES_PATH}/import", status_code=HTTP_200_OK, opt={MEDIA_TYPES: FILE_TYPES}, summary="Import proxies")
    async def import_proxies(request: AnyRequest) -> ListTaken:
        """A YAML or JSON list of ``{name, url}``, or one proxy on each line; at most 1 MB."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            require_bearer(request, desk.authenticator)
        taken = await desk.pool.take_list(await read_file(request, limit_bytes=MAX_BYTES))
        return ListTaken(added=taken.added, updated=taken.updated, errors=taken.errors)

    return [export_proxies, import_proxies]


def _address(told: NewProxy) -> ProxyAddress:
    if told.url or not told.host:
        return parse_proxy(told.url)
    return build_proxy(told.protocol, told.host, told.port, username=told.username or "", password=told.password or "")
