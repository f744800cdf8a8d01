"""What the gateway tells of accounts, as tables for people.

Rules of this file: text from outside is printed as it is and never read as markup.  Times are shown as they came, in
UTC to the minute.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Column, Table
from rich.text import Text

STYLES: Final[Mapping[str, str]] = {
    "active": "green",
    "alive": "green",
    "rate_limited": "yellow",
    "quota_exhausted": "yellow",
    "refreshing": "yellow",
    "skipped": "yellow",
    "disabled": "dim",
    "expired": "red",
    "banned": "red",
    "dead": "red",
}
_WHOLE: Final[Mapping[str, int]] = {"id": 16, "at": len("2026-11-26T00:00:00.000Z")}
_MINUTE: Final = len("2026-11-26T00:00")


def accounts_table(accounts: Sequence[Mapping[str, Any]]) -> Table:
    """The list of accounts."""
    table = _table("id", "account", "plan", "status", "why", "limits", "token until", "egress")
    for account in accounts:
        table.add_row(
            Text(account["id"]),
            Text(account["label"] or account["email"] or account["accountId"] or ""),
            Text(account["planType"] or ""),
            _coloured(account["status"]),
            Text(_why(account["status_detail"])),
            Text(_limits(account["quota"])),
            Text(_minute(account["expiresAt"])),
            Text(account["proxyName"]),
        )
    return table


def checks_table(results: Sequence[Mapping[str, Any]]) -> Table:
    """What became of checks."""
    table = _table("id", "account", "was", "result", "why")
    for result in results:
        table.add_row(
            Text(result["id"]),
            Text(result["email"] or ""),
            Text(result["previousStatus"]),
            _coloured(result["result"]),
            Text(result.get("error") or ""),
        )
    return table


def preview_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """What an import would do."""
    table = _table("row", "account", "action", "why")
    for row in rows:
        who = row["identity"] or {}
        name = row["label"] or who.get("email") or who.get("account_id") or ""
        table.add_row(Text(str(row["index"])), Text(name), Text(row["action"]), Text(row["reason"] or ""))
    return table


def choices_table(explanation: Mapping[str, Any]) -> Table:
    """The choices made for a request."""
    table = _table("at", "chosen", "because", "waited", "passed over")
    for choice in explanation["choices"]:
        passed = [f"{count} {reason}" for reason, count in choice["passed_over"].items()]
        named = [f"{other['account_name']}: {other['reason']}" for other in choice["details"]]
        table.add_row(
            Text(choice["at"]),
            Text(choice["chosen_name"] or "nobody"),
            Text(choice["basis"] or ""),
            Text(f"{choice['waited_seconds']:g} s"),
            Text("\n".join(named) or ", ".join(passed)),
        )
    return table


def _table(first: str, *columns: str) -> Table:
    """A table whose first column, which names things, is whole however narrow the terminal is."""
    table = Table(Column(first, no_wrap=True, min_width=_WHOLE.get(first)), box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _coloured(status: str) -> Text:
    return Text(status, style=STYLES.get(status, ""))


def _why(detail: Mapping[str, Any] | None) -> str:
    if detail is None:
        return ""
    until = f" until {_minute(detail['until'])}" if detail["until"] else ""
    return f"{detail['reason']}{until}"


def _limits(quota: Mapping[str, Any] | None) -> str:
    windows = [] if quota is None else [quota["rate_limit"], quota["secondary_rate_limit"]]
    known = [window for window in windows if window is not None and window["used_percent"] is not None]
    return ", ".join(f"{window['window']} {window['used_percent']:g} %" for window in known)


def _minute(at: str | None) -> str:
    return "" if at is None else at[:_MINUTE].replace("T", " ")
