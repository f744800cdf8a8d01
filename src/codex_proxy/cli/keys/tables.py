"""Client keys as a table for people.

Rules of this file: text from outside is printed as it is and never read as markup; no table holds a secret.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Column, Table
from rich.text import Text

STYLES: Final[Mapping[str, str]] = {"active": "green", "disabled": "dim", "expired": "red"}
_MODELS_SHOWN: Final = 3
_MINUTE: Final = len("2026-11-26T00:00")


def keys_table(keys: Sequence[Mapping[str, Any]]) -> Table:
    """The keys, one line for each."""
    table = Table(Column("id", no_wrap=True), box=None, pad_edge=False)
    for column in ("name", "status", "key", "for", "models", "requests", "tokens", "cost", "left", "last used"):
        table.add_column(column, overflow="fold")
    for key in keys:
        table.add_row(
            Text(key["id"]),
            Text(key["name"]),
            Text(key["status"], style=STYLES.get(key["status"], "")),
            Text(key["key"]),
            Text(", ".join(key["scopes"])),
            Text("all" if key["allowed_models"] is None else _some(key["allowed_models"])),
            Text(f"{key['request_count']:,}"),
            Text(f"{key['used_tokens']:,}"),
            Text(f"${key['used_cost_usd']:.4f}"),
            Text("; ".join(map(_left, key["budgets"]))),
            Text("" if key["last_used_at"] is None else key["last_used_at"][:_MINUTE].replace("T", " ")),
        )
    return table


def _left(budget: Mapping[str, Any]) -> str:
    left, limit = budget["remaining"], budget["limit"]
    when = "in total" if budget["period"] == "total" else f"this {budget['period']}"
    if budget["unit"] == "usd":
        return f"${left:.2f} of ${limit:.2f} {when}"
    return f"{int(left):,} of {int(limit):,} tokens {when}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MODELS_SHOWN
    return ", ".join(names[:_MODELS_SHOWN]) + (f" and {more} more" if more > 0 else "")
