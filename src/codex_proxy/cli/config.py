"""The effective configuration for people and for programs.

Rules of this file: a secret is shown as set or not set, never as itself.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from codex_proxy.settings.keys import IDLE
from codex_proxy.settings.load import LoadedSettings, known_keys, marks_of, value_of
from codex_proxy.settings.telling import MASKED, plain


def shown_values(loaded: LoadedSettings) -> Iterator[tuple[str, Any, str]]:
    """Key, value and source of each key, in the order of the schema."""
    for name, info in known_keys().items():
        value = value_of(loaded.settings, name)
        if marks_of(info).get("secret") and value:
            value = MASKED
        yield name, plain(value), loaded.provenance[name]


def show_json(loaded: LoadedSettings) -> str:
    """All keys as one JSON object."""
    told = {name: {"value": value, "source": source} for name, value, source in shown_values(loaded)}
    return msgspec.json.format(msgspec.json.encode(told)).decode()


def show_table(loaded: LoadedSettings) -> None:
    """All keys as a table on standard output."""
    table = Table("key", "value", "source", box=None, pad_edge=False)
    for name, value, source in shown_values(loaded):
        table.add_row(name, msgspec.json.encode(value).decode(), source)
    Console(soft_wrap=True).print(table)


def check_lines(loaded: LoadedSettings) -> Iterator[str]:
    """The verdict, after a line for each key that was set and does nothing, or nothing yet."""
    for name, info in known_keys().items():
        source, marks = loaded.provenance[name], marks_of(info)
        if source != "default" and marks.get("used") is False:
            idle = marks.get(IDLE)
            yield f"{source}: {name} " + (f"has no effect here: {idle}" if idle else "is not used yet")
    yield from loaded.notices
    yield "the configuration can be used"
