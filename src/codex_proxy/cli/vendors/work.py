"""``codex-proxy vendors``: what each command asks the gateway for and what it shows.

Rules of this file: results go to standard output; no key is shown but by an export.  Keys are named by an entry's id,
a key's id, a label, or what the configuration calls them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec
from rich.console import Console

from codex_proxy.cli.asking import Asked, Gateway, GatewayRefused
from codex_proxy.cli.vendors.tables import catalogue_table, keys_table, models_table

KEYS: Final = "/auth/api-keys"
LINES_SHOWN: Final = 20
MEDIA_TYPES: Final[Mapping[str, str]] = {".yaml": "application/yaml", ".yml": "application/yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorScene:
    """Whom a command asks and where it shows."""

    gateway: Gateway
    console: Console


class KeyToAdd(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key as the interface takes it."""

    provider: str
    api_key: str
    models: tuple[Any, ...] = ()
    base_url: str | None = None
    label: str | None = None
    capabilities: tuple[str, ...] | None = None
    wire: str | None = None
    allow_private: bool = False

    def __repr__(self) -> str:
        return f"KeyToAdd(provider={self.provider!r})"


async def show_catalogue(scene: VendorScene, *, as_json: bool) -> None:
    """The vendors there are."""
    catalogue = (await scene.gateway.ask("GET", f"{KEYS}/catalog"))["catalog"]
    if as_json:
        _show_json(scene, catalogue)
    else:
        scene.console.print(catalogue_table(catalogue))


async def list_keys(scene: VendorScene, *, as_json: bool) -> None:
    """All keys, masked."""
    told = await scene.gateway.ask("GET", KEYS)
    if as_json:
        _show_json(scene, told)
        return
    health = told["persistence_health"]
    if not health["ok"]:
        scene.console.print(f"keys are not kept: {health['message']}", markup=False)
    for notice in told["notices"]:
        scene.console.print(notice, markup=False)
    if told["keys"]:
        scene.console.print(keys_table(told["keys"]))
    else:
        scene.console.print("no vendor key yet; add one with: codex-proxy vendors add VENDOR", markup=False)


async def add_key(scene: VendorScene, key: KeyToAdd, *, all_models: bool) -> None:
    """Keep a key, for the models it names or for all that the vendor lists."""
    if all_models:
        key = msgspec.structs.replace(key, models=tuple(await _listed(scene, key)))
    told = await scene.gateway.ask("POST", KEYS, key)
    key_id = told["keys"][0]["keyId"]
    words = f"key {key_id}: {told['added']} new, {told['updated']} known already"
    scene.console.print(words, markup=False)
    if not key.models:
        scene.console.print(f"it names no model; ask for one as {key.provider}:MODEL", markup=False)


async def remove_keys(scene: VendorScene, names: Sequence[str]) -> None:
    """Remove entries, or whole keys."""
    ids = await _ids_of(scene, names)
    told = await scene.gateway.ask("POST", f"{KEYS}/batch-delete", {"ids": ids})
    scene.console.print(f"removed: {told['deleted']}", markup=False)


async def switch_keys(scene: VendorScene, names: Sequence[str], *, enabled: bool) -> None:
    """Switch entries or whole keys on, out of everything that stands in their way, or off."""
    ids, status = await _ids_of(scene, names), "active" if enabled else "disabled"
    for each in ids:
        await scene.gateway.ask("PATCH", f"{KEYS}/{quote(each, safe='')}/status", {"status": status})
    scene.console.print(f"{'enabled' if enabled else 'disabled'}: {len(ids)}", markup=False)


async def import_keys(scene: VendorScene, content: bytes, media_type: str) -> bool:
    """Take keys in; whether every row was good."""
    headers = {"content-type": media_type}
    asked = Asked(method="POST", path=f"{KEYS}/import", body=content, headers=headers)
    told = (await scene.gateway.send(asked)).told
    counts = ", ".join(f"{name} {told[name]}" for name in ("added", "updated", "failed"))
    scene.console.print(counts, markup=False)
    for line in told["errors"][:LINES_SHOWN]:
        scene.console.print(line, markup=False)
    if len(told["errors"]) > LINES_SHOWN:
        scene.console.print(f"and {len(told['errors']) - LINES_SHOWN} more", markup=False)
    return not told["failed"]


async def export_keys(scene: VendorScene) -> bytes:
    """The file's content, with the keys themselves."""
    return (await scene.gateway.send(Asked(method="GET", path=f"{KEYS}/export"))).body


async def list_models(scene: VendorScene, name: str, *, fresh: bool, as_json: bool) -> None:
    """The models that a vendor lists for a key."""
    (key_id,) = await _ids_of(scene, [name])
    told = await scene.gateway.ask("POST", f"{KEYS}/{quote(key_id, safe='')}/models", {"fresh": fresh})
    if as_json:
        _show_json(scene, told)
    else:
        scene.console.print(models_table(told["models"]))


def media_type_of(suffix: str) -> str:
    """What a file is, by the end of its name."""
    return MEDIA_TYPES.get(suffix.lower(), "application/json")


def resolved(entries: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The ids of entries and keys that are named.

    Raises:
        GatewayRefused: a name fits none, or several keys.
    """
    return list(dict.fromkeys(_one(entries, name.strip()) for name in names))


async def _ids_of(scene: VendorScene, names: Sequence[str]) -> list[str]:
    return resolved((await scene.gateway.ask("GET", KEYS))["keys"], names)


async def _listed(scene: VendorScene, key: KeyToAdd) -> list[Any]:
    asked = {
        "provider": key.provider,
        "apiKey": key.api_key,
        "baseUrl": key.base_url,
        "wire": key.wire,
        "allowPrivate": key.allow_private,
    }
    models: list[Any] = (await scene.gateway.ask("POST", f"{KEYS}/models", asked))["models"]
    if key.capabilities is None:
        return models
    return [{"id": model["id"], "displayName": model["displayName"]} for model in models]


def _one(entries: Sequence[Mapping[str, Any]], name: str) -> str:
    if any(entry["id"] == name for entry in entries):
        return name
    wanted = name.lower()
    keys = {entry["keyId"] for entry in entries if wanted in {_lower(entry, each) for each in _NAMING}}
    if len(keys) > 1:
        raise GatewayRefused(f"{name} names several keys: {', '.join(sorted(keys))}")
    if not keys:
        raise GatewayRefused(f"there is no vendor key {name}; see: codex-proxy vendors list")
    found: str = keys.pop()
    return found


_NAMING: Final = ("keyId", "label", "name", "provider")


def _lower(entry: Mapping[str, Any], member: str) -> str | None:
    value = entry[member]
    return value.lower() if isinstance(value, str) else None


def _show_json(scene: VendorScene, told: Any) -> None:
    text = msgspec.json.format(msgspec.json.encode(told)).decode()
    scene.console.print(text, soft_wrap=True, markup=False, highlight=False)
