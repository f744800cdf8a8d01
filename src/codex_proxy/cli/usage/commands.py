"""``codex-proxy usage``: asks for a sum, or for a file.

Rules of this file: arguments in, work done by the gateway.
"""

from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
import typer
from rich.console import Console

from codex_proxy.cli.asking import Asked, Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out, require_absent, run_on_gateway, write_private
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


def usage_command(
    *,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="How many days until now; 0 for all there is.")] = 30,
    by: Annotated[By, typer.Option(help="What to tell apart.")] = By.MODEL,
    csv: Annotated[str | None, typer.Option(help="A file to make with a line for each request; - for output.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Say what was used and what it would have cost at the API."""
    hours = "all" if days == 0 else str(days * 24)
    if csv is None:
        run_on_gateway(
            lambda gateway: show_usage(gateway, out(), hours=hours, by=by, as_json=as_json), data_dir, config_file
        )
        return
    exported: list[bytes] = []

    async def export(gateway: Gateway) -> bool:
        exported.append((await gateway.send(Asked(method="GET", path=_path("export", hours=hours)))).body)
        return True

    require_absent(csv)
    run_on_gateway(export, data_dir, config_file)
    write_private(csv, exported[0])


async def show_usage(gateway: Gateway, console: Console, *, hours: str, by: By, as_json: bool) -> bool:
    """Show what was used in so many hours until now, or in ``all``."""
    told: dict[str, Any] = await gateway.ask("GET", _path("summary", hours=hours, group_by=by.value))
    if as_json:
        content = msgspec.json.format(msgspec.json.encode(told)).decode()
        console.print(content, soft_wrap=True, markup=False, highlight=False)
        return True
    console.print(usage_table(told, by.value))
    for line in usage_lines(told):
        console.print(line, markup=False, highlight=False)
    return True


def _path(what: str, **asked: str) -> str:
    return f"{PATH}/{what}?{urlencode(asked)}"
