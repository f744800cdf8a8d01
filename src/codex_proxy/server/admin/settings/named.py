"""``/admin/rotation-settings``, ``/admin/general-settings``, ``/admin/quota-settings``, ``/admin/ollama-settings``.

Rules of this file: GET tells every member, POST and PUT change those that are given and answer like GET.
"""

from typing import Any, Literal, TypeVar

import msgspec
from litestar import Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.ollama_bridge import BridgeStatus
from codex_proxy.server.admin.settings.desk import MAY_FAIL, IfMatch, SettingsDesk
from codex_proxy.server.admin.settings.groups import (
    GENERAL,
    OLLAMA,
    QUOTA,
    ROTATION,
    GeneralSettings,
    Group,
    OllamaSettings,
    QuotaSettings,
    RotationSettings,
    values_of,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest, Warnings, unknown_members
from codex_proxy.server.admin.wire.errors import ControlError

Report = TypeVar("Report", bound=msgspec.Struct)

STATUS_PATH = "/admin/ollama-status"


class RotationReport(RotationSettings, frozen=True, kw_only=True):
    """The settings as they are configured, and what becomes of them."""

    restart_required: tuple[str, ...]
    overridden: dict[str, str]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class GeneralReport(GeneralSettings, frozen=True, kw_only=True):
    """The settings as they are configured, and what becomes of them; a proxy's URL is not shown."""

    image_host_models: tuple[str, ...]
    restart_required: tuple[str, ...]
    overridden: dict[str, str]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class QuotaReport(QuotaSettings, frozen=True, kw_only=True):
    """The settings as they are configured, and what becomes of them."""

    restart_required: tuple[str, ...]
    overridden: dict[str, str]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class OllamaReport(OllamaSettings, frozen=True, kw_only=True):
    """The settings as they are configured, and the listener's state; ``allow_remote`` is changed in the file only."""

    allow_remote: bool
    status: BridgeStatus
    restart_required: tuple[str, ...]
    overridden: dict[str, str]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


def named_routes(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_rotation(desk), *_general(desk), *_quota(desk), *_ollama(desk)]


def _rotation(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    def report(warnings: Warnings = msgspec.UNSET) -> Response[RotationReport]:
        return _report(desk, ROTATION, RotationReport, warnings=warnings)

    @get(ROTATION.path, sync_to_thread=False, summary="How accounts take turns")
    def rotation_settings() -> Response[RotationReport]:
        """The strategy by which new conversations get an account."""
        return report()

    async def change(
        request: ControlRequest, data: JSONBody[RotationSettings], if_match: IfMatch = None
    ) -> Response[RotationReport]:
        """Members that are left out stay."""
        await desk.change(values_of(ROTATION, data), if_match=if_match)
        return report(await unknown_members(request, RotationSettings))

    return [rotation_settings, *_changing(ROTATION, change)]


def _general(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    def report(warnings: Warnings = msgspec.UNSET) -> Response[GeneralReport]:
        return _report(desk, GENERAL, GeneralReport, warnings=warnings, image_host_models=tuple(desk.image_hosts()))

    @get(GENERAL.path, sync_to_thread=False, summary="General settings")
    def general_settings() -> Response[GeneralReport]:
        """Every member, and the models that may host picture tools."""
        return report()

    async def change(
        request: ControlRequest, data: JSONBody[GeneralSettings], if_match: IfMatch = None
    ) -> Response[GeneralReport]:
        """Members that are left out stay."""
        _check_host(desk, data.image_host_model)
        await desk.change(values_of(GENERAL, data), if_match=if_match)
        return report(await unknown_members(request, GeneralSettings))

    return [general_settings, *_changing(GENERAL, change)]


def _quota(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    def report(warnings: Warnings = msgspec.UNSET) -> Response[QuotaReport]:
        return _report(desk, QUOTA, QuotaReport, warnings=warnings)

    @get(QUOTA.path, sync_to_thread=False, summary="Quota settings")
    def quota_settings() -> Response[QuotaReport]:
        """Snapshots, warnings, and what becomes of accounts that are used up."""
        return report()

    async def change(
        request: ControlRequest, data: JSONBody[QuotaSettings], if_match: IfMatch = None
    ) -> Response[QuotaReport]:
        """Members that are left out stay."""
        await desk.change(values_of(QUOTA, data), if_match=if_match)
        return report(await unknown_members(request, QuotaSettings))

    return [quota_settings, *_changing(QUOTA, change)]


def _ollama(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    def report(warnings: Warnings = msgspec.UNSET) -> Response[OllamaReport]:
        allowed = desk.book.configured.values["ollama.allow_remote"]
        return _report(desk, OLLAMA, OllamaReport, warnings=warnings, allow_remote=allowed, status=desk.bridge_status())

    @get(OLLAMA.path, sync_to_thread=False, summary="Settings of the Ollama bridge")
    def ollama_settings() -> Response[OllamaReport]:
        """The settings and the listener's state."""
        return report()

    async def change(
        request: ControlRequest, data: JSONBody[OllamaSettings], if_match: IfMatch = None
    ) -> Response[OllamaReport]:
        """The listener follows at once, and nothing changes where it cannot; members that are left out stay."""
        await desk.change(values_of(OLLAMA, data), if_match=if_match)
        return report(await unknown_members(request, OllamaSettings))

    @get(STATUS_PATH, sync_to_thread=False, summary="State of the Ollama bridge")
    def ollama_status() -> BridgeStatus:
        """Whether the bridge listens, where, or why not."""
        return desk.bridge_status()

    return [ollama_settings, *_changing(OLLAMA, change), ollama_status]


def _changing(group: Group, change: Any) -> list[HTTPRouteHandler]:
    name = group.path.rpartition("/")[2].replace("-", "_")
    summary = f"Change {group.words}"
    posted = post(
        group.path, status_code=HTTP_200_OK, summary=summary, operation_id=f"change_{name}", may_fail=MAY_FAIL
    )
    replaced = put(group.path, summary=summary, operation_id=f"put_{name}", may_fail=MAY_FAIL)
    return [posted(change), replaced(change)]


def _report(
    desk: SettingsDesk, group: Group, kind: type[Report], *, warnings: Warnings, **beside: Any
) -> Response[Report]:
    values = {name: desk.book.shown(key) for name, key in group.keys.items()}
    standing = msgspec.structs.asdict(desk.standing(group.keys.values()))
    members = {member: key for member, key in group.keys.items() if key in standing["overridden"]}
    standing["overridden"] = {member: standing["overridden"][key] for member, key in members.items()}
    return Response(kind(**values, **standing, **beside, warnings=warnings), headers=desk.headers)


def _check_host(desk: SettingsDesk, model: Any) -> None:
    if isinstance(model, str) and not desk.is_routable(model):
        known = ", ".join(desk.image_hosts())
        raise ControlError(400, "invalid_settings", f"image_host_model: there is no model {model}; known are {known}")
