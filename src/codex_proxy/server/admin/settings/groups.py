"""Groups of settings with names of their own: which member of a body is which key.

Rules of this file: a member is declared once, with its key; members that are left out stay as they are; what a value
must be the keys' own schema says, and the types here no more than that.  Source: spec, accounts, 9.3; product, the
endpoints below ``/admin``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, TypeAlias, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

Text: TypeAlias = str | UnsetType
TextOrNull: TypeAlias = str | UnsetType | None
Flag: TypeAlias = bool | UnsetType
Whole: TypeAlias = int | UnsetType
WholeOrNull: TypeAlias = int | UnsetType | None

_KEY: Final = "key"


def of(key: str) -> msgspec.Meta:
    """Says which key a member is."""
    return msgspec.Meta(extra={_KEY: key})


class RotationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How accounts take turns."""

    rotation_strategy: Annotated[Text, of("auth.rotation_strategy")] = UNSET


class GeneralSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What has no group of its own."""

    port: Annotated[Whole, of("server.port")] = UNSET
    proxy_url: Annotated[TextOrNull, of("tls.proxy_url")] = UNSET
    force_http11: Annotated[Flag, of("tls.force_http11")] = UNSET
    inject_desktop_context: Annotated[Flag, of("model.inject_desktop_context")] = UNSET
    suppress_desktop_directives: Annotated[Flag, of("model.suppress_desktop_directives")] = UNSET
    allow_client_system_prompt_strategy: Annotated[Flag, of("model.allow_client_system_prompt_strategy")] = UNSET
    system_prompt_strategy: Annotated[Text, of("model.system_prompt_strategy")] = UNSET
    default_model: Annotated[Text, of("model.default")] = UNSET
    default_reasoning_effort: Annotated[TextOrNull, of("model.default_reasoning_effort")] = UNSET
    image_host_model: Annotated[Text, of("model.image_host_model")] = UNSET
    default_tools: Annotated[list[dict[str, Any]] | UnsetType, of("model.default_tools")] = UNSET
    model_aliases: Annotated[dict[str, str] | UnsetType, of("model.aliases")] = UNSET
    refresh_enabled: Annotated[Flag, of("auth.refresh_enabled")] = UNSET
    refresh_margin_seconds: Annotated[float | UnsetType, of("auth.refresh_margin_seconds")] = UNSET
    refresh_concurrency: Annotated[Whole, of("auth.refresh_concurrency")] = UNSET
    max_concurrent_per_account: Annotated[WholeOrNull, of("auth.max_concurrent_per_account")] = UNSET
    request_interval_ms: Annotated[WholeOrNull, of("auth.request_interval_ms")] = UNSET
    auto_update: Annotated[Flag, of("update.auto_update")] = UNSET
    auto_download: Annotated[Flag, of("update.auto_download")] = UNSET
    show_update_dialog: Annotated[Flag, of("update.show_update_dialog")] = UNSET
    logs_enabled: Annotated[Flag, of("logs.enabled")] = UNSET
    logs_capacity: Annotated[Whole, of("logs.capacity")] = UNSET
    logs_capture_body: Annotated[Flag, of("logs.capture_body")] = UNSET
    logs_llm_only: Annotated[Flag, of("logs.llm_only")] = UNSET
    usage_history_retention_days: Annotated[WholeOrNull, of("usage_stats.history_retention_days")] = UNSET
    credits_per_usd: Annotated[float | UnsetType, of("usage_stats.credits_per_usd")] = UNSET


class QuotaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the accounts: snapshots, warnings, and what becomes of accounts that are used up."""

    refresh_interval_minutes: Annotated[Whole, of("quota.refresh_interval_minutes")] = UNSET
    warning_thresholds: Annotated[dict[str, list[int]] | UnsetType, of("quota.warning_thresholds")] = UNSET
    skip_exhausted: Annotated[Flag, of("quota.skip_exhausted")] = UNSET


class OllamaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Ollama bridge; what else it has nobody may think to have changed here."""

    enabled: Annotated[Flag, of("ollama.enabled")] = UNSET
    host: Annotated[Text, of("ollama.host")] = UNSET
    port: Annotated[Whole, of("ollama.port")] = UNSET
    version: Annotated[Text, of("ollama.version")] = UNSET
    disable_vision: Annotated[Flag, of("ollama.disable_vision")] = UNSET


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group: its path, its words, and the body that has its members."""

    path: str
    words: str
    shape: type[msgspec.Struct]

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The key of each member."""
        hints = get_type_hints(self.shape, include_extras=True)
        return {name: hints[name].__metadata__[0].extra[_KEY] for name in self.shape.__struct_fields__}


ROTATION: Final = Group(path="/admin/rotation-settings", words="how accounts take turns", shape=RotationSettings)
GENERAL: Final = Group(path="/admin/general-settings", words="general settings", shape=GeneralSettings)
QUOTA: Final = Group(path="/admin/quota-settings", words="quota settings", shape=QuotaSettings)
OLLAMA: Final = Group(path="/admin/ollama-settings", words="settings of the Ollama bridge", shape=OllamaSettings)


def values_of(group: Group, told: msgspec.Struct) -> dict[str, Any]:
    """What a body wants changed, by key."""
    members = ((name, getattr(told, name)) for name in group.keys)
    return {group.keys[name]: value for name, value in members if value is not UNSET}
