"""``codex-proxy keys``: what each command asks the gateway for and what it shows.

Rules of this file: results go to standard output; a secret is shown by the command that had it made.  Keys are named
by id or name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from rich.console import Console

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import Gateway, GatewayRefused
from codex_proxy.cli.keys.tables import keys_table

KEYS: Final = "/admin/client-keys"
_TOOL_NAME: Final = re.compile(r"[a-z0-9_]+")
_BUDGET: Final = re.compile(r"(hour|day|week|month|total)=(\d+(?:\.\d+)?)(usd|tokens)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScene:
    """Whom a command asks and where it shows."""

    gateway: Gateway
    console: Console


def budget_told(text: str) -> dict[str, Any]:
    """A budget as the interface takes it, from words such as ``month=20usd``; raises ``StartRefused``."""
    read = _BUDGET.fullmatch(text.strip().lower())
    if read is None:
        raise StartRefused(f"--budget {text}: say it as PERIOD=AMOUNT, such as month=20usd or day=500000tokens")
    return {"period": read.group(1), "unit": read.group(3), "limit": float(read.group(2))}


def tools_told(texts: Sequence[str] | None, *, none: bool) -> list[dict[str, Any]] | None:
    """Tools as the interface takes them, from names of hosted ones and JSON; None where nothing is said of them.

    Raises:
        StartRefused: a text is neither, or tools are named where there shall be none.
    """
    if not texts:
        return [] if none else None
    if none:
        raise StartRefused("--tool and --no-tools exclude each other")
    return [_tool_told(text.strip()) for text in texts]


def _tool_told(text: str) -> dict[str, Any]:
    if _TOOL_NAME.fullmatch(text):
        return {"type": text}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise StartRefused(f"--tool {text}: say it as web_search, image_generation, or a JSON object") from error


async def list_keys(scene: KeyScene, *, as_json: bool) -> None:
    """All keys, masked."""
    told = await scene.gateway.ask("GET", KEYS)
    if as_json:
        _show_json(scene, told)
    elif told["keys"]:
        scene.console.print(keys_table(told["keys"]))
    else:
        scene.console.print(
            "no client key was handed out yet; make one with: codex-proxy keys create NAME", markup=False
        )


async def create_key(scene: KeyScene, body: Mapping[str, Any], *, as_json: bool) -> None:
    """Make a key and show its secret."""
    told = await scene.gateway.ask("POST", KEYS, body)
    if as_json:
        _show_json(scene, told["key"])
    else:
        _show_secret(scene, told["key"])


async def rotate_key(scene: KeyScene, name: str) -> None:
    """A new secret for a key."""
    (key_id,) = await _ids_of(scene, [name])
    _show_secret(scene, (await scene.gateway.ask("POST", f"{KEYS}/{key_id}/rotate", {}))["key"])


async def switch_keys(scene: KeyScene, names: Sequence[str], *, enabled: bool) -> None:
    """Switch keys on or off."""
    ids, status = await _ids_of(scene, names), "active" if enabled else "disabled"
    for key_id in ids:
        await scene.gateway.ask("PUT", f"{KEYS}/{key_id}", {"status": status})
    scene.console.print(f"{'enabled' if enabled else 'disabled'}: {len(ids)}", markup=False)


async def revoke_keys(scene: KeyScene, names: Sequence[str]) -> None:
    """Take keys back."""
    ids = await _ids_of(scene, names)
    for key_id in ids:
        await scene.gateway.ask("DELETE", f"{KEYS}/{key_id}")
    scene.console.print(f"revoked: {len(ids)}", markup=False)


def resolved(keys: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The ids of keys that are named.

    Raises:
        GatewayRefused: a name fits none, or several keys.
    """
    return list(dict.fromkeys(_one(keys, name.strip()) for name in names))


async def _ids_of(scene: KeyScene, names: Sequence[str]) -> list[str]:
    return resolved((await scene.gateway.ask("GET", KEYS))["keys"], names)


def _one(keys: Sequence[Mapping[str, Any]], name: str) -> str:
    found: list[str] = [key["id"] for key in keys if name in {key["id"], key["name"]}]
    if len(found) > 1:
        raise GatewayRefused(f"{name} names several keys: {', '.join(found)}")
    if not found:
        raise GatewayRefused(f"there is no client key {name}; see: codex-proxy keys list")
    return found[0]


def _show_secret(scene: KeyScene, key: Mapping[str, Any]) -> None:
    scene.console.print(f"{key['name']} ({key['id']}), shown only now:", markup=False, highlight=False)
    scene.console.print(key["key"], markup=False, highlight=False)


def _show_json(scene: KeyScene, told: Any) -> None:
    text = msgspec.json.format(msgspec.json.encode(told)).decode()
    scene.console.print(text, soft_wrap=True, markup=False, highlight=False)
