"""Vendors, keys and models as tables for people.

Rules of this file: text from outside is printed as it is and never read as markup; no table holds a key.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Column, Table
from rich.text import Text

STYLES: Final[Mapping[str, str]] = {"active": "green", "cooling": "yellow", "disabled": "dim", "error": "red"}
_MODELS_SHOWN: Final = 3
_MINUTE: Final = len("2026-11-26T00:00")


def catalogue_table(catalogue: Mapping[str, Mapping[str, Any]]) -> Table:
    """The vendors there are."""
    table = _table("vendor", "name", "address", "speaks", "can", "models")
    for name, vendor in catalogue.items():
        table.add_row(
            Text(name),
            Text(vendor["displayName"]),
            Text(vendor["defaultBaseUrl"] or vendor["baseUrlForm"] or ""),
            Text(", ".join(vendor["wires"])),
            Text(", ".join(vendor["capabilities"])),
            Text(_some([model["id"] for model in vendor["models"]])),
        )
    return table


def keys_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """The keys, one line for each model."""
    table = _table("id", "vendor", "model", "status", "why", "key", "label", "last used")
    for entry in entries:
        status = "cooling" if entry["status"] == "active" and entry["coolingUntil"] else entry["status"]
        table.add_row(
            Text(entry["id"]),
            Text(entry["name"] or entry["provider"]),
            Text(entry["model"] or "any it has"),
            Text(status, style=STYLES.get(status, "")),
            Text(_why(entry)),
            Text(entry["apiKey"]),
            Text(entry["label"] or ("local.yaml" if entry["source"] == "settings" else "")),
            Text(_minute(entry["lastUsedAt"])),
        )
    return table


def models_table(models: Sequence[Mapping[str, Any]]) -> Table:
    """The models that a vendor lists."""
    table = _table("model", "name", "can")
    for model in models:
        name = "" if model["displayName"] == model["id"] else model["displayName"]
        table.add_row(Text(model["id"]), Text(name), Text(", ".join(model["capabilities"])))
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(Column(first, no_wrap=True), box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MODELS_SHOWN
    return ", ".join(names[:_MODELS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _why(entry: Mapping[str, Any]) -> str:
    until = f" until {_minute(entry['coolingUntil'])}" if entry["coolingUntil"] else ""
    return f"{entry['reason'] or ''}{until}"


def _minute(at: str | None) -> str:
    return "" if at is None else at[:_MINUTE].replace("T", " ")
