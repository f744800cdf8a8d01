"""Vendor keys of the configuration.

Rules of this file: a key that cannot be used is a reason not to start, told by its place in the configuration and
without the key itself.  One whose variable is not set here is none, for commands run without it: the key is there, in
error, and says why.  An entry below ``custom`` that is called like a known vendor has that vendor's profile.
"""

import re
from collections.abc import Mapping

from msgspec.structs import replace

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.vendor_keys.parts import AddressRules
from codex_proxy.settings.providers import CUSTOM_PREFIX, ProviderEntry, ProviderModel
from codex_proxy.vendors.key import CUSTOM, KeySource, KeyStatus, VendorKey
from codex_proxy.vendors.telling import InvalidKey, Profiles, ToldKey, ToldModel, key_of

ROW_ID_PREFIX = "settings-"
_CAPITAL = re.compile(r"[A-Z]")


def configured_keys(
    providers: Mapping[str, ProviderEntry],
    *,
    environ: Mapping[str, str],
    profiles: Profiles,
    addresses: AddressRules,
) -> tuple[VendorKey, ...]:
    """The keys, in the order in which they stand there.

    Raises:
        StartRefused: one of them cannot be used.
    """
    return tuple(
        _configured(told, entry, environ=environ, profiles=profiles, addresses=addresses)
        for told, entry in providers.items()
    )


def _configured(
    told: str,
    entry: ProviderEntry,
    *,
    environ: Mapping[str, str],
    profiles: Profiles,
    addresses: AddressRules,
) -> VendorKey:
    name, place = told.removeprefix(CUSTOM_PREFIX), f"providers.{told}"
    missing = _missing_variable(entry, environ)
    try:
        key = key_of(
            ToldKey(
                provider=_vendor(told, entry, profiles),
                api_key=missing or entry.api_key or environ.get(entry.api_key_env or "", ""),
                models=tuple(_model(model) for model in entry.models),
                base_url=entry.base_url,
                capabilities=None if entry.capabilities is None else tuple(entry.capabilities),
                wire=entry.wire,
                allow_private=entry.allow_private,
            ),
            profiles,
            row_id=f"{ROW_ID_PREFIX}{name}",
            now=0.0,
        )
    except InvalidKey as error:
        raise StartRefused(f"{_named(place, error.field)}: {error.reason}") from error
    objection = addresses.objection(key.base_url, allow_private=key.allow_private)
    if objection is not None:
        raise StartRefused(f"{place}.base_url: {objection}")
    if missing is not None:
        reason = f"{place}.api_key_env: the variable {missing} is not set"
        key = replace(key, secret="", status=KeyStatus.ERROR, reason=reason)
    return replace(key, name=name, source=KeySource.SETTINGS)


def _vendor(told: str, entry: ProviderEntry, profiles: Profiles) -> str:
    name = told.removeprefix(CUSTOM_PREFIX)
    if told == name:
        return name
    known = profiles.get(name)
    speaks = known is not None and (entry.wire is None or known.find_wire(entry.wire) is not None)
    return name if speaks else CUSTOM


def _missing_variable(entry: ProviderEntry, environ: Mapping[str, str]) -> str | None:
    name = entry.api_key_env
    return name if name is not None and not environ.get(name) else None


def _model(model: str | ProviderModel) -> str | ToldModel:
    if isinstance(model, str):
        return model
    capabilities = None if model.capabilities is None else tuple(model.capabilities)
    return ToldModel(id=model.id, display_name=model.display_name, capabilities=capabilities)


def _named(place: str, field: str) -> str:
    """The field in the configuration's spelling; ``provider`` is the name itself."""
    if field == "provider":
        return place
    return f"{place}.{_CAPITAL.sub(lambda found: f'_{found.group().lower()}', field)}"
