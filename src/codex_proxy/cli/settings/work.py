"""What the commands below ``settings`` do: ask for settings, change them, and say what became of them."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import Gateway

SETTINGS: Final = "/admin/settings"


async def list_settings(gateway: Gateway, console: Console, *, prefix: str, changed: bool, as_json: bool) -> None:
    """Show every key that begins like this; with ``changed`` those alone that somebody set."""
    told = (await gateway.ask("GET", SETTINGS))["settings"]
    shown = [view for view in told if view["key"].startswith(prefix) and not (changed and view["source"] == "default")]
    if as_json:
        _show_json(console, shown)
        return
    table = _table("key", "value", "source", "change")
    for view in shown:
        table.add_row(view["key"], _told(view["value"]), view["source"], _change(view))
    console.print(table)


async def get_setting(gateway: Gateway, console: Console, name: str, *, as_json: bool) -> None:
    """Show one key's value; as JSON all that is known of it."""
    view = await _found(gateway, name)
    if as_json:
        _show_json(console, view)
    else:
        console.print(_told(view["value"]), markup=False, highlight=False)


async def set_setting(gateway: Gateway, console: Console, name: str, text: str) -> None:
    """Change one key."""
    value = read_value(text, (await _found(gateway, name))["shape"])
    _say(console, await gateway.ask("POST", SETTINGS, {"values": {name: value}}))


async def unset_settings(gateway: Gateway, console: Console, names: Sequence[str]) -> None:
    """Let the file say nothing of these keys."""
    _say(console, await gateway.ask("POST", SETTINGS, {"unset": list(names)}))


async def undo_setting(gateway: Gateway, console: Console, number: int | None) -> None:
    """Take a change back, the newest without a number."""
    told = await gateway.ask("POST", f"{SETTINGS}/undo", {"number": number})
    console.print(f"revision {told['undone']['number']} was taken back", markup=False, highlight=False)
    _say(console, told)


async def show_history(gateway: Gateway, console: Console) -> None:
    """Show what was changed, newest first."""
    table = _table("number", "by", "key", "before", "after")
    for revision in (await gateway.ask("GET", f"{SETTINGS}/revisions"))["revisions"]:
        for change in revision["changes"]:
            before, after = (_side(change, side) for side in ("before", "after"))
            table.add_row(str(revision["number"]), revision["by"], change["key"], before, after)
    console.print(table)


def read_value(text: str, shape: Mapping[str, Any]) -> Any:
    """The value that a word on a command line means: as it stands for a text, as JSON for everything else."""
    kinds = {each.get("type") for each in shape.get("anyOf", [shape])}
    if text == "null" and "null" in kinds:
        return None
    if kinds - {"null"} == {"string"}:
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


async def _found(gateway: Gateway, name: str) -> Any:
    views = {view["key"]: view for view in (await gateway.ask("GET", SETTINGS))["settings"]}
    if name not in views:
        near = get_close_matches(name, views, n=1, cutoff=0.5)
        raise StartRefused(f"there is no key {name}{f'; did you mean {near[0]}?' if near else ''}")
    return views[name]


def _say(console: Console, told: Mapping[str, Any]) -> None:
    for view in told["settings"]:
        console.print(_sentence(view, told["overridden"]), markup=False, highlight=False)
    if not told["settings"]:
        console.print("nothing was changed", markup=False, highlight=False)


def _sentence(view: Mapping[str, Any], overridden: Mapping[str, str]) -> str:
    name = view["key"]
    if name in overridden:
        return f"{name} is kept, but {overridden[name]} wins over it: {_told(view['value'])}"
    after = " after a restart" if view["pending"] else ""
    return f"{name} is {_told(view['value'])}{after}"


def _change(view: Mapping[str, Any]) -> str:
    if view["file_only"]:
        return "in the file only"
    return "pending" if view["pending"] else str(view["change"])


def _side(change: Mapping[str, Any], side: str) -> str:
    if change.get("secret"):
        return "(secret)"
    return _told(change[side]) if side in change else "-"


def _told(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _show_json(console: Console, value: Mapping[str, Any] | Iterable[Any]) -> None:
    console.print(msgspec.json.format(msgspec.json.encode(value)).decode(), markup=False, highlight=False)
