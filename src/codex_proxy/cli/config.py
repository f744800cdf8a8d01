"""The configuration for people and for programs: what is in force, and whether it can be used.

Rules of this file: what is in force the gateway that runs tells, else the sources; it masks secrets itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from codex_proxy.cli.asking import Gateway
from codex_proxy.settings.keys import IDLE
from codex_proxy.settings.load import LoadedSettings, known_keys, marks_of

CONFIG: Final = "/admin/config"


async def show_config(gateway: Gateway, console: Console, *, as_json: bool) -> None:
    """Show every key as a table, or as one JSON object by key."""
    told: dict[str, dict[str, Any]] = (await gateway.ask("GET", CONFIG))["config"]
    if as_json:
        console.print(msgspec.json.format(msgspec.json.encode(told)).decode(), markup=False, highlight=False)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("key", "value", "source", "change"):
        table.add_column(column, overflow="fold")
    for name, setting in told.items():
        table.add_row(name, _json(setting["value"]), setting["source"], _change(setting))
        if setting["pending"] is not None:
            later = setting["pending"]
            table.add_row("", _json(later["value"]), later["source"], "after a restart")
    console.print(table)


def check_lines(loaded: LoadedSettings) -> Iterator[str]:
    """The verdict, after a line for each key that was set and can do nothing here."""
    for name, info in known_keys().items():
        source, idle = loaded.provenance[name], marks_of(info).get(IDLE)
        if source != "default" and idle is not None:
            yield f"{source}: {name} has no effect here: {idle}"
    yield from loaded.notices
    yield "the configuration can be used"


def _change(setting: Mapping[str, Any]) -> str:
    place = ", in the file only" if setting["file_only"] else ""
    return f"{setting['change']}{place}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
