"""Groups of settings with names of their own: which member of a body is which key.

Rules of this file: members that are left out stay as they are; what a value must be the keys' own schema says, and the
types here no more than that.  Source: spec, accounts, 9.3; product, the endpoints below ``/admin``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

Text: TypeAlias = str | UnsetType
TextOrNull: TypeAlias = str | UnsetType | None
Flag: TypeAlias = bool | UnsetType
Whole: TypeAlias = int | UnsetType
WholeOrNull: TypeAlias = int | UnsetType | None


class RotationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How accounts take turns."""

    rotation_strategy: Text = UNSET


class GeneralSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What has no group of its own."""

    port: Whole = UNSET
    proxy_url: TextOrNull = UNSET
    force_http11: Flag = UNSET
    inject_desktop_context: Flag = UNSET
    suppress_desktop_directives: Flag = UNSET
    allow_client_system_prompt_strategy: Flag = UNSET
    system_prompt_strategy: Text = UNSET
    default_model: Text = UNSET
    default_reasoning_effort: TextOrNull = UNSET
    image_host_model: Text = UNSET
    default_tools: list[dict[str, Any]] | UnsetType = UNSET
    model_aliases: dict[str, str] | UnsetType = UNSET
    refresh_enabled: Flag = UNSET
    refresh_margin_seconds: float | UnsetType = UNSET
    refresh_concurrency: Whole = UNSET
    max_concurrent_per_account: WholeOrNull = UNSET
    request_interval_ms: WholeOrNull = UNSET
    auto_update: Flag = UNSET
    auto_download: Flag = UNSET
    show_update_dialog: Flag = UNSET
    logs_enabled: Flag = UNSET
    logs_capacity: Whole = UNSET
    logs_capture_body: Flag = UNSET
    logs_llm_only: Flag = UNSET
    usage_history_retention_days: WholeOrNull = UNSET
    credits_per_usd: float | UnsetType = UNSET


class QuotaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the accounts: snapshots, warnings, and what becomes of accounts that are used up."""

    refresh_interval_minutes: Whole = UNSET
    warning_thresholds: dict[str, list[int]] | UnsetType = UNSET
    skip_exhausted: Flag = UNSET


class OllamaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Ollama bridge; what else it has nobody may think to have changed here."""

    enabled: Flag = UNSET
    host: Text = UNSET
    port: Whole = UNSET
    version: Text = UNSET
    disable_vision: Flag = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group: its path, its words, and the key of each member."""

    path: str
    words: str
    keys: Mapping[str, str]


ROTATION: Final = Group(
    path="/admin/rotation-settings",
    words="how accounts take turns",
    keys={"rotation_strategy": "auth.rotation_strategy"},
)

GENERAL: Final = Group(
    path="/admin/general-settings",
    words="general settings",
    keys={
        "port": "server.port",
        "proxy_url": "tls.proxy_url",
        "force_http11": "tls.force_http11",
        "inject_desktop_context": "model.inject_desktop_context",
        "suppress_desktop_directives": "model.suppress_desktop_directives",
        "allow_client_system_prompt_strategy": "model.allow_client_system_prompt_strategy",
        "system_prompt_strategy": "model.system_prompt_strategy",
        "default_model": "model.default",
        "default_reasoning_effort": "model.default_reasoning_effort",
        "image_host_model": "model.image_host_model",
        "default_tools": "model.default_tools",
        "model_aliases": "model.aliases",
        "refresh_enabled": "auth.refresh_enabled",
        "refresh_margin_seconds": "auth.refresh_margin_seconds",
        "refresh_concurrency": "auth.refresh_concurrency",
        "max_concurrent_per_account": "auth.max_concurrent_per_account",
        "request_interval_ms": "auth.request_interval_ms",
        "auto_update": "update.auto_update",
        "auto_download": "update.auto_download",
        "show_update_dialog": "update.show_update_dialog",
        "logs_enabled": "logs.enabled",
        "logs_capacity": "logs.capacity",
        "logs_capture_body": "logs.capture_body",
        "logs_llm_only": "logs.llm_only",
        "usage_history_retention_days": "usage_stats.history_retention_days",
        "credits_per_usd": "usage_stats.credits_per_usd",
    },
)

QUOTA: Final = Group(
    path="/admin/quota-settings",
    words="quota settings",
    keys={
        "refresh_interval_minutes": "quota.refresh_interval_minutes",
        "warning_thresholds": "quota.warning_thresholds",
        "skip_exhausted": "quota.skip_exhausted",
    },
)

OLLAMA: Final = Group(
    path="/admin/ollama-settings",
    words="settings of the Ollama bridge",
    keys={
        "enabled": "ollama.enabled",
        "host": "ollama.host",
        "port": "ollama.port",
        "version": "ollama.version",
        "disable_vision": "ollama.disable_vision",
    },
)


def values_of(group: Group, told: msgspec.Struct) -> dict[str, Any]:
    """What a body wants changed, by key."""
    members = ((name, getattr(told, name)) for name in group.keys)
    return {group.keys[name]: value for name, value in members if value is not UNSET}
