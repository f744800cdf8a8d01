"""The Ollama bridge for its owner: ``/admin/ollama-settings`` and ``/admin/ollama-status``.

Rules of this file: a change is partial, holds at once and is kept; what the environment sets wins again at the next
start, and is named.  Whether the bridge may be reached from elsewhere is shown and never changed here.
"""

from typing import Final

import msgspec
from litestar import get, post, put
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST, HTTP_409_CONFLICT

from codex_proxy.operations.ollama_bridge import (
    BridgeChange,
    BridgeStatus,
    CannotOpen,
    OllamaBridge,
    RemoteNotAllowed,
    SettingsNotKept,
)

SETTINGS_PATH: Final = "/admin/ollama-settings"
STATUS_PATH: Final = "/admin/ollama-status"


class BridgeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force, and what became of them; ``allow_remote`` is changed in the configuration file only.

    ``overridden`` names settings whose changes hold until the next start only, each with what wins over the kept value
    then, such as ``environment OLLAMA_BRIDGE_PORT``.
    """

    enabled: bool
    host: str
    port: int
    version: str
    disable_vision: bool
    allow_remote: bool
    overridden: dict[str, str]
    status: BridgeStatus


def ollama_routes(bridge: OllamaBridge) -> list[HTTPRouteHandler]:
    """The routes over one bridge."""

    @get(SETTINGS_PATH, sync_to_thread=False, summary="Settings of the Ollama bridge")
    def ollama_settings() -> BridgeReport:
        """The settings in force and the listener's state."""
        return _report(bridge)

    @post(SETTINGS_PATH, status_code=HTTP_200_OK, summary="Change the Ollama bridge")
    async def change_ollama_settings(data: JSONBody[BridgeChange]) -> BridgeReport:
        """Change some settings; the listener follows at once, and nothing changes where it cannot."""
        return await _changed(bridge, data)

    @put(SETTINGS_PATH, summary="Change the Ollama bridge")
    async def put_ollama_settings(data: JSONBody[BridgeChange]) -> BridgeReport:
        """The same as with POST: members that are left out stay."""
        return await _changed(bridge, data)

    @get(STATUS_PATH, sync_to_thread=False, summary="State of the Ollama bridge")
    def ollama_status() -> BridgeStatus:
        """Whether the bridge listens, where, or why not."""
        return bridge.status

    return [ollama_settings, change_ollama_settings, put_ollama_settings, ollama_status]


async def _changed(bridge: OllamaBridge, change: BridgeChange) -> BridgeReport:
    try:
        await bridge.change(change)
    except RemoteNotAllowed as error:
        raise HTTPException(detail=str(error), status_code=HTTP_400_BAD_REQUEST) from error
    except (CannotOpen, SettingsNotKept) as error:
        raise HTTPException(detail=f"{error}; nothing was changed", status_code=HTTP_409_CONFLICT) from error
    return _report(bridge)


def _report(bridge: OllamaBridge) -> BridgeReport:
    settings = bridge.settings
    return BridgeReport(
        enabled=settings.enabled,
        host=settings.host,
        port=settings.port,
        version=settings.version,
        disable_vision=settings.disable_vision,
        allow_remote=settings.allow_remote,
        overridden=dict(bridge.overridden),
        status=bridge.status,
    )
