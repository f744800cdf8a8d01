"""``/admin/settings``: every key with its schema, changes by key, what was changed and how it is taken back.

``/admin/config`` tells what is in force, ``/admin/config-status`` and ``/admin/reload`` are about the file that
settings are kept in.
Source: spec, accounts, 9.3 and 14.4.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from litestar import Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.settings.book import BY_API, SettingsBook
from codex_proxy.server.admin.settings.desk import MAY_FAIL, IfMatch, SettingsDesk, expected_by
from codex_proxy.server.admin.settings.shapes import (
    AllSettings,
    ConfigStatus,
    EffectiveConfig,
    EffectiveSetting,
    RevisionList,
    SaidSetting,
    SettingsChange,
    SettingsChanged,
    SettingView,
    Undone,
    UndoWish,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest, Warnings, unknown_members
from codex_proxy.settings.layers import origin_of
from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.settings.telling import default_of, schema_of

SETTINGS_PATH: Final = "/admin/settings"
CONFIG_PATH: Final = "/admin/config"
STATUS_PATH: Final = "/admin/config-status"
RELOAD_PATH: Final = "/admin/reload"
CLIENT_KEY: Final = "server.proxy_api_key"


def listing_routes(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_keys(desk), *_history(desk), *_file(desk)]


def _keys(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    @get(SETTINGS_PATH, sync_to_thread=False, summary="All settings")
    def settings() -> Response[AllSettings]:
        """Every key: value, source, default, limits, and when a change of it counts."""
        book = desk.book
        return Response(
            AllSettings(
                revision=book.revision,
                file=book.file_name,
                proxy_api_key=book.shown(CLIENT_KEY),
                settings=_views(book, known_keys()),
            ),
            headers=desk.headers,
        )

    async def change(
        request: ControlRequest, data: JSONBody[SettingsChange], if_match: IfMatch = None
    ) -> Response[SettingsChanged]:
        """Change values by key, all or none, and take keys out of the file; keys that are not named stay."""
        values = _wanted(data)
        await desk.change(values, if_match=if_match)
        told = _changed(desk, values, await unknown_members(request, SettingsChange))
        return Response(SettingsChanged(**told), headers=desk.headers)

    posted = post(
        SETTINGS_PATH,
        status_code=HTTP_200_OK,
        summary="Change settings by key",
        operation_id="change_settings",
        may_fail=MAY_FAIL,
    )
    replaced = put(SETTINGS_PATH, summary="Change settings by key", operation_id="put_settings", may_fail=MAY_FAIL)
    return [settings, posted(change), replaced(change)]


def _history(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    @get(f"{SETTINGS_PATH}/revisions", summary="What was changed in the settings", may_fail=MAY_FAIL)
    async def setting_revisions() -> Response[RevisionList]:
        """The last changes, newest first; secrets without their values."""
        told = RevisionList(revision=desk.book.revision, revisions=await desk.book.revisions())
        return Response(told, headers=desk.headers)

    @post(
        f"{SETTINGS_PATH}/undo",
        status_code=HTTP_200_OK,
        summary="Take a change of settings back",
        may_fail=(404, *MAY_FAIL),
    )
    async def undo_settings(
        request: ControlRequest, data: JSONBody[UndoWish], if_match: IfMatch = None
    ) -> Response[Undone]:
        """The newest change, or the one of this number, unless something of it was changed again."""
        undone = await desk.book.undo(data.number, by=BY_API, expected=expected_by(if_match))
        names = [change.key for change in undone.changes]
        told = _changed(desk, names, await unknown_members(request, UndoWish))
        return Response(Undone(**told, undone=undone), headers=desk.headers)

    return [setting_revisions, undo_settings]


def _file(desk: SettingsDesk) -> list[HTTPRouteHandler]:
    def status() -> Response[ConfigStatus]:
        book = desk.book
        told = ConfigStatus(
            source=book.file_name,
            revision=book.revision,
            ok=not book.faults,
            errors=book.faults,
            pending_restart=book.configured.pending,
        )
        return Response(told, headers=desk.headers)

    @get(CONFIG_PATH, sync_to_thread=False, summary="The configuration in force")
    def effective_config() -> Response[EffectiveConfig]:
        """Every key: the value in force, who says it, and the one that waits for the next start."""
        book = desk.book
        told = EffectiveConfig(
            revision=book.revision, file=book.file_name, config={name: _effective(book, name) for name in known_keys()}
        )
        return Response(told, headers=desk.headers)

    @get(STATUS_PATH, sync_to_thread=False, summary="Whether the configuration file is followed")
    def config_status() -> Response[ConfigStatus]:
        """The file, what is wrong with it, and what waits for a start."""
        return status()

    @post(RELOAD_PATH, status_code=HTTP_200_OK, summary="Read the configuration file anew", may_fail=MAY_FAIL)
    async def reload_config() -> Response[ConfigStatus]:
        """Go by what stands in the file now; it is looked at by itself too, a moment after it changed."""
        await desk.book.reload()
        return status()

    return [effective_config, config_status, reload_config]


def _wanted(data: SettingsChange) -> dict[str, Any]:
    values = {**data.values, **dict.fromkeys(data.unset, msgspec.UNSET)}
    return values if data.proxy_api_key is msgspec.UNSET else values | {CLIENT_KEY: data.proxy_api_key}


def _changed(desk: SettingsDesk, names: Iterable[str], warnings: Warnings) -> dict[str, Any]:
    known = [name for name in names if name in known_keys()]
    standing = desk.standing(known)
    return {
        "revision": desk.book.revision,
        "settings": _views(desk.book, known),
        "warnings": warnings,
        **msgspec.structs.asdict(standing),
    }


def _views(book: SettingsBook, names: Iterable[str]) -> tuple[SettingView, ...]:
    return tuple(_view(book, name) for name in names)


def _view(book: SettingsBook, name: str) -> SettingView:
    info, configured = known_keys()[name], book.configured
    return SettingView(
        key=name,
        value=book.shown(name),
        source=configured.sources[name],
        default=default_of(name),
        description=info.description or "",
        shape=schema_of(name),
        **_marks(name),
        in_file=name in configured.in_file,
        overridden=configured.overriding.get(name),
        pending=name in configured.pending,
    )


def _effective(book: SettingsBook, name: str) -> EffectiveSetting:
    configured = book.configured
    source, next_source = configured.effective_sources[name], configured.sources[name]
    waits = name in configured.pending
    later = SaidSetting(value=book.shown(name), source=next_source, origin=origin_of(next_source)) if waits else None
    return EffectiveSetting(
        value=book.in_force(name), source=source, origin=origin_of(source), pending=later, **_marks(name)
    )


def _marks(name: str) -> dict[str, Any]:
    marks = marks_of(known_keys()[name])
    return {each: marks[each] for each in ("change", "secret", "file_only", "used")}
