"""Looking for a newer version of this program, and installing it: ``codex-proxy update``.

Rules of this file: the gateway that runs does it, so that it starts anew by itself; exit code 1 where nothing was
installed that should have been.
"""

from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console

from codex_proxy.cli.asking import Asked, Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out, run_on_gateway

_DATA: Final = b"data: "


def update_command(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether there is a newer version.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the version that the last update replaced.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Install a newer version of this program, where the configuration allows it."""

    async def update(gateway: Gateway) -> bool:
        return await (look(gateway, out()) if check else install(gateway, out(), back=back))

    run_on_gateway(update, data_dir, config_file)


async def look(gateway: Gateway, console: Console) -> bool:
    """Say whether there is a newer version; whether anybody could tell."""
    told: dict[str, Any] = (await gateway.ask("POST", "/admin/check-update"))["proxy"]
    if told["error"] is not None:
        console.print(told["error"])
        return False
    if not told["update_available"]:
        console.print(f"codex-proxy {told['version']} is the newest version")
        return True
    console.print(f"codex-proxy {told['release']['version']} is there; this is {told['version']}")
    console.print(told["hint"] or "install it with `codex-proxy update`")
    return True


async def install(gateway: Gateway, console: Console, *, back: bool) -> bool:
    """Install the newest version or the former one; whether it is installed now."""
    body = msgspec.json.encode({"back": back})
    answer = await gateway.send(Asked(method="POST", path="/admin/apply-update", body=body))
    ended: dict[str, Any] = {}
    for line in answer.body.splitlines():
        if not line.startswith(_DATA):
            continue
        told = msgspec.json.decode(line.removeprefix(_DATA))
        if told.get("done"):
            ended = told
        elif told["status"] != "running":
            console.print(f"{told['step']}: {told['status']} {told['detail']}".rstrip())
    if ended.get("error") is not None or not ended:
        return False
    console.print("the gateway starts anew" if ended["restarting"] else "start the gateway anew to use it")
    return True
