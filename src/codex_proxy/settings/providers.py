"""Vendor keys of the configuration: how ``providers`` is written.

Rules of this file: below ``providers`` stands a vendor's name, or ``custom`` with names of the owner's choice; as a
value they are one map, in which those begin with ``custom.``.  Whether a vendor is known is for its profiles to say.
No message holds a key.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.settings.keys import Section
from codex_proxy.vendors.profile import Capability, Wire

CUSTOM_PREFIX: Final = "custom."
_CUSTOM: Final = "custom"
_PROFILE_MEMBERS: Final = {
    "base_url",
    "wire",
    "profile",
    "display_name",
    "quirks",
    "headers",
    "lookup_headers",
    "key_header",
    "model_list_path",
    "model_list_shape",
    "families",
    "paths",
}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ProviderModel(Section):
    """A model with what is known of it."""

    id: Annotated[str, Field(min_length=1)]
    display_name: str = ""
    capabilities: list[Capability] | None = None


class ProviderEntry(Section):
    """One key, and what its vendor does otherwise; what is left out comes from the vendor's profile."""

    api_key: str | None = Field(default=None, repr=False)
    api_key_env: str | None = None
    base_url: str | None = None
    wire: Wire | None = None
    models: list[str | ProviderModel] = Field(default_factory=list)
    capabilities: list[Capability] | None = None
    allow_private: bool = False
    profile: str | None = None
    display_name: str | None = None
    quirks: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    lookup_headers: dict[str, str] | None = None
    key_header: str | None = None
    model_list_path: str | None = None
    model_list_shape: str | None = None
    families: list[dict[str, Any]] | None = None
    paths: dict[str, str] | None = None

    def profile_members(self) -> JsonObject:
        """What it says of the vendor: whose profile it starts from, and what differs."""
        told = self.model_dump(mode="json", include=_PROFILE_MEMBERS, exclude_unset=True)
        return {name: value for name, value in told.items() if value is not None}


def _flattened(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("expected names of vendors, each with an api_key or api_key_env")  # noqa: TRY004 - as pydantic
    custom = value.get(_CUSTOM) or {}
    if not isinstance(custom, Mapping):
        raise ValueError("custom: expected names of your choice, each with a base_url")  # noqa: TRY004 - as pydantic
    named = {f"{CUSTOM_PREFIX}{name}": entry for name, entry in custom.items()}
    return {str(name): entry for name, entry in value.items() if name != _CUSTOM} | named


def _consistent(entry: ProviderEntry) -> ProviderEntry:
    """What one entry says must fit together; raises ``ValueError``."""
    if entry.api_key is not None and entry.api_key_env is not None:
        raise ValueError("api_key and api_key_env are two ways to say one thing; keep one")
    if entry.api_key_env is not None and not _VARIABLE.fullmatch(entry.api_key_env):
        raise ValueError("api_key_env is the name of an environment variable, not the key itself")
    return entry


def _well_named(entries: dict[str, ProviderEntry]) -> dict[str, ProviderEntry]:
    for told, entry in entries.items():
        name = told.removeprefix(CUSTOM_PREFIX)
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name: letters, digits, - and _ make one, at most 64 of them")
        if told != name and name in entries:
            raise ValueError(f"{name} is there twice, as a vendor and under custom")
        if told != name and entry.base_url is None:
            raise ValueError(f"{told}: base_url is missing")
    return entries


Providers: TypeAlias = Annotated[
    dict[str, Annotated[ProviderEntry, AfterValidator(_consistent)]],
    BeforeValidator(_flattened),
    AfterValidator(_well_named),
]
"""Entries by name, those of the owner's choice as ``custom.<name>``."""
