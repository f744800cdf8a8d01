"""Settings with everything that is to be said of them, as bodies."""

from typing import Any, Literal

import msgspec

from codex_proxy.operations.settings.history import Revision
from codex_proxy.operations.settings.parts import Wrong
from codex_proxy.server.admin.wire.bodies import Warnings
from codex_proxy.settings.layers import Origin


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """A key.

    ``value`` is what is configured, masked where it is ``secret``; ``source`` is who says so: a flag, a variable, a
    line of the file, ``default``.  ``in_file`` tells whether the file says anything, ``overridden`` what wins over it.
    ``shape`` is a JSON Schema with the limits of values.  A ``file_only`` key cannot be changed here, one that is
    not ``used`` does nothing yet, and one that is ``pending`` has another value in force until the next start.
    """

    key: str
    value: Any
    source: str
    default: Any
    description: str
    shape: dict[str, Any]
    change: Literal["live", "restart"]
    secret: bool
    file_only: bool
    used: bool
    in_file: bool
    overridden: str | None
    pending: bool


class SaidSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A value and who says so: the ``source``, and the layer that it belongs to."""

    value: Any
    source: str
    origin: Origin


class EffectiveSetting(SaidSetting, frozen=True, kw_only=True):
    """What is in force, masked where it is ``secret``; ``pending`` waits for the next start, null for nothing."""

    change: Literal["live", "restart"]
    secret: bool
    file_only: bool
    used: bool
    pending: SaidSetting | None


class EffectiveConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway goes by, by key; ``revision`` names what the file says now."""

    revision: str
    file: str
    config: dict[str, EffectiveSetting]


class AllSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Every key; ``revision`` names what the file says now."""

    revision: str
    file: str
    proxy_api_key: str | None
    settings: tuple[SettingView, ...]


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True):
    """Values by key, and keys that the file is to say nothing of any more.

    ``proxy_api_key`` is another name of ``server.proxy_api_key``.
    """

    values: dict[str, Any] = {}
    unset: tuple[str, ...] = ()
    proxy_api_key: str | msgspec.UnsetType | None = msgspec.UNSET


class SettingsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The keys as they are now.

    ``restart_required`` names those that count from the next start on, ``overridden`` those that something wins over,
    each with what that is.
    """

    revision: str
    settings: tuple[SettingView, ...]
    restart_required: tuple[str, ...]
    overridden: dict[str, str]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class UndoWish(msgspec.Struct, frozen=True, kw_only=True):
    """The revision to take back; null for the newest."""

    number: int | None = None


class Undone(SettingsChanged, frozen=True, kw_only=True):
    """The keys as they are again, and the revision that was taken back."""

    undone: Revision


class RevisionList(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed, newest first."""

    revision: str
    revisions: tuple[Revision, ...]


class ConfigStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the configuration file is followed.

    ``errors`` say why it is not, in which case the settings before are in force; ``pending_restart`` names keys whose
    values count from the next start on.
    """

    source: str
    revision: str
    ok: bool
    errors: tuple[Wrong, ...]
    pending_restart: tuple[str, ...]
