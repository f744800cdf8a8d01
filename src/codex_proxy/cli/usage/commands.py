"""``codex-proxy usage``: asks for a sum, for a file, or for a period to be forgotten.

Rules of this file: arguments in, work done by the gateway.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
import typer
from rich.console import Console

from codex_proxy.cli.asking import Asked, Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out, require_absent, run_on_gateway, taking, write_private
from codex_proxy.cli.usage.tables import usage_lines, usage_table

PATH: Final = "/admin/usage-stats"


class By(StrEnum):
    """What usage is told apart by."""

    MODEL = "model"
    KEY = "key"
    ACCOUNT = "account"
    VENDOR = "vendor"
    DIALECT = "dialect"
    STATUS = "status"


usage = typer.Typer(help="Say what was used and what it would have cost at the API, or forget it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOptions:
    """What ``usage`` takes."""

    context: typer.Context
    days: Annotated[int, typer.Option(min=0, max=36_500, help="How many days until now; 0 for all there is.")] = 30
    by: Annotated[By, typer.Option(help="What to tell apart.")] = By.MODEL
    csv: Annotated[str | None, typer.Option(help="A file to make with a line for each request; - for output.")] = None
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
    data_dir: DataDir = None
    config_file: ConfigFile = None


@usage.callback(invoke_without_command=True)
@taking(UsageOptions)
def usage_command(told: UsageOptions) -> None:
    """Say what was used and what it would have cost at the API."""
    if told.context.invoked_subcommand is not None:
        if told != UsageOptions(context=told.context):  # they would be of no effect, unnoticed
            raise typer.BadParameter(
                f"options stand behind the command: codex-proxy usage {told.context.invoked_subcommand} …"
            )
        return
    hours = "all" if told.days == 0 else str(told.days * 24)
    if told.csv is None:
        run_on_gateway(
            lambda gateway: show_usage(gateway, out(), hours=hours, by=told.by, as_json=told.as_json),
            told.data_dir,
            told.config_file,
        )
        return
    exported: list[bytes] = []

    async def export(gateway: Gateway) -> bool:
        exported.append((await gateway.send(Asked(method="GET", path=_path("/export", hours=hours)))).body)
        return True

    require_absent(told.csv)
    run_on_gateway(export, told.data_dir, told.config_file)
    write_private(told.csv, exported[0])


@usage.command("forget")
def forget_command(
    *,
    begins_at: Annotated[str, typer.Option("--from", help="A whole hour, such as 2026-11-01T00:00:00Z.")],
    ends_at: Annotated[str, typer.Option("--to", help="The whole hour at which the period ends.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Forget what was used in a period, for good; what client keys have spent stays as it is."""
    if not yes:
        typer.confirm(f"Forget for good what was used from {begins_at} to {ends_at}?", abort=True)
    run_on_gateway(
        lambda gateway: forget_usage(gateway, out(), begins_at=begins_at, ends_at=ends_at), data_dir, config_file
    )


async def forget_usage(gateway: Gateway, console: Console, *, begins_at: str, ends_at: str) -> bool:
    """Forget a period, whose ends are ISO 8601, and say how much that was."""
    told: dict[str, Any] = await gateway.ask("DELETE", _path("", **{"from": begins_at, "to": ends_at}))
    count = told["request_count"]
    line = f"{count:,} {'request' if count == 1 else 'requests'} from {told['from']} to {told['to']} forgotten"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    return True


async def show_usage(gateway: Gateway, console: Console, *, hours: str, by: By, as_json: bool) -> bool:
    """Show what was used in so many hours until now, or in ``all``."""
    told: dict[str, Any] = await gateway.ask("GET", _path("/summary", hours=hours, group_by=by.value))
    if as_json:
        content = msgspec.json.format(msgspec.json.encode(told)).decode()
        console.print(content, soft_wrap=True, markup=False, highlight=False)
        return True
    console.print(usage_table(told, by.value))
    for line in usage_lines(told):
        console.print(line, markup=False, highlight=False)
    return True


def _path(what: str, **asked: str) -> str:
    return f"{PATH}{what}?{urlencode(asked)}"
