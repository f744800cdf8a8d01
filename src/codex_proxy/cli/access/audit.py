"""``codex-proxy audit``: the log of changes."""

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from codex_proxy.cli.asking import Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out, run_on_gateway
from codex_proxy.cli.terminal.console import plain

audit = typer.Typer(help="Look at the log of changes and verify it.", no_args_is_help=True)


@audit.command("list")
def list_command(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many entries.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one entry on each line.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """The last changes, newest first: who, from where, what."""

    async def show(gateway: Gateway) -> bool:
        told = await gateway.ask("GET", f"/admin/audit?limit={limit}")
        show_entries(told["entries"], out(), as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@audit.command("verify")
def verify_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Whether nothing was changed in the log, taken out of it, or cut off; exit code 1 where something was."""

    async def verify(gateway: Gateway) -> bool:
        told = await gateway.ask("GET", "/admin/audit/verify")
        for problem in told["problems"]:
            sys.stderr.write(f"{plain(problem)}\n")
        if told["whole"]:
            out().print(f"whole: {told['entries']} entries, the last sealed {told['last_seal']}", highlight=False)
        return bool(told["whole"])

    run_on_gateway(verify, data_dir, config_file)


def show_entries(entries: list[dict[str, Any]], console: Console, *, as_json: bool) -> None:
    """The entries as a table, or as lines of JSON."""
    if as_json:
        for entry in entries:
            console.print(msgspec.json.encode(entry).decode(), highlight=False, markup=False)
        return
    table = Table("No.", "When", "Who", "From", "What", "To", "Outcome", "Details", box=None)
    for entry in entries:
        details = ", ".join(f"{name}={value}" for name, value in entry.get("details", {}).items())
        told = (entry.get(name, "") for name in ("at", "who", "address", "action", "target"))
        cells = (str(entry["seq"]), *map(str, told), entry.get("outcome", "done"), details)
        table.add_row(*map(escape, cells))  # addresses and names of strangers are no markup
    console.print(table)
