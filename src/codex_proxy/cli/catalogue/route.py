"""``codex-proxy route``: what the gateway tells of a model name, as a table and a few lines.

Rules of this file: text from outside is printed as it is and never read as markup.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from codex_proxy.cli.asking import Gateway

NAMED: Final = 10
_PASSED: Final = "-"


async def show_route(gateway: Gateway, console: Console, name: str, *, as_json: bool) -> bool:
    """Where a name leads; whether it leads anywhere."""
    told = await gateway.ask("GET", f"/admin/route?{urlencode({'model': name})}")
    if as_json:
        content = msgspec.json.format(msgspec.json.encode(told)).decode()
        console.print(content, soft_wrap=True, markup=False, highlight=False)
    else:
        console.print(steps_table(told))
        for line in verdict_lines(told):
            console.print(line, markup=False, highlight=False)
    return told["upstream"] is not None


def steps_table(route: Mapping[str, Any]) -> Table:
    """The questions asked of the name."""
    table = Table(Column("rule", no_wrap=True), Column("asked", overflow="fold"), box=None, pad_edge=False)
    table.add_column("leads to", overflow="fold")
    for step in route["steps"]:
        answer = Text(_PASSED, style="dim") if step["answer"] is None else Text(step["answer"])
        table.add_row(Text(step["rule"]), Text(step["asked"] or "(none)"), answer)
    return table


def verdict_lines(route: Mapping[str, Any]) -> Iterator[str]:
    """Where it ends, who could serve it, and what there is to note."""
    if route["upstream"] is None:
        yield f"nobody serves {route['asked']}"
        if route["nearest"]:
            yield f"nearest: {', '.join(route['nearest'])}"
    elif route["upstream"] == "codex":
        yield f"ends at the ChatGPT accounts: {_asked(route)}"
        yield f"plans: {'any' if route['plans'] is None else ', '.join(route['plans']) or 'none'}"
        yield _accounts(route)
    else:
        where = "any vendor key that lists it" if route["vendor"] is None else f"the vendor {route['vendor']}"
        yield f"ends at {where}: {_asked(route)}"
        yield from _keys(route)
    yield from (f"note: {note}" for note in route["notes"])


def _asked(route: Mapping[str, Any]) -> str:
    wanted = [f"{name} {route[name]}" for name in ("effort", "tier") if route[name] is not None]
    return ", ".join([route["model"], *wanted])


def _accounts(route: Mapping[str, Any]) -> str:
    count = route["accounts_count"]
    names = [account["name"] for account in route["accounts"][:NAMED]]
    more = [f"and {count - len(names)} more"] if count > len(names) else []
    passed = [f"{number} {reason.replace('_', ' ')}" for reason, number in route["passed_over"].items()]
    serving = ", ".join([*names, *more]) or "none can serve now"
    return f"accounts: {serving}" + (f" ({', '.join(passed)})" if passed else "")


def _keys(route: Mapping[str, Any]) -> Iterator[str]:
    if not route["keys"]:
        yield "keys: none"
    for key in route["keys"][:NAMED]:
        until = f" until {key['until']}" if key["until"] else ""
        standing = "serves" if key["hindrance"] is None else f"{key['hindrance']}{until}"
        label = f" ({key['label']})" if key["label"] else ""
        yield f"key: {key['vendor']} {key['id']}{label}: {standing}"
