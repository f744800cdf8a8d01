"""The commands that speak to a gateway: ``login``, ``accounts``, ``explain`` and ``route``.

Rules of this file: arguments in, work done elsewhere; exit code 1 where the gateway refused or an account did not
come through.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from codex_proxy.cli import accounts as work
from codex_proxy.cli.accounts import AccountScene, Import, media_type_of
from codex_proxy.cli.asking import Gateway
from codex_proxy.cli.catalogue.route import show_route
from codex_proxy.cli.login import LoginScene, log_in, log_in_by_device, log_in_by_paste, take_over_cli_login
from codex_proxy.cli.running import (
    ConfigFile,
    DataDir,
    out,
    read_file,
    require_absent,
    run_on_gateway,
    taking,
    write_private,
)
from codex_proxy.cli.terminal.console import console

Names = Annotated[list[str], typer.Argument(help="Ids, emails or labels of accounts.")]
SomeNames = Annotated[list[str] | None, typer.Argument(help="Ids, emails or labels of accounts; all without one.")]

accounts = typer.Typer(help="Look at accounts and change them.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOptions:
    """What ``login`` takes."""

    device: Annotated[bool, typer.Option("--device", help="Enter a code in any browser instead.")] = False
    paste: Annotated[str | None, typer.Option(help="The last address of a login's browser.")] = None
    codex_cli: Annotated[
        bool, typer.Option("--codex-cli", help="Copy the access token of the Codex CLI on the gateway's machine.")
    ] = False
    follow: Annotated[bool, typer.Option("--follow", help="With --codex-cli: use what its file says.")] = False
    account: Annotated[
        str | None, typer.Option(help="Id, email or label of the account that logs in again, by its own way out.")
    ] = None
    data_dir: DataDir = None
    config_file: ConfigFile = None


@taking(LoginOptions)
def login_command(options: LoginOptions) -> None:
    """Log in a ChatGPT account."""
    _require_one_way(options)

    async def log_in_somehow(gateway: Gateway) -> bool:
        scene = LoginScene(
            gateway=gateway, console=out(), lines=typed_lines(), sleep=asyncio.sleep, again=options.account
        )
        if options.paste is not None:
            await log_in_by_paste(scene, options.paste)
        elif options.device:
            await log_in_by_device(scene)
        elif options.codex_cli:
            await take_over_cli_login(scene, follow=options.follow)
        else:
            await log_in(scene)
        return True

    run_on_gateway(log_in_somehow, options.data_dir, options.config_file)


def _require_one_way(options: LoginOptions) -> None:
    pasted = options.paste is not None
    if options.device + pasted + options.codex_cli > 1:
        raise typer.BadParameter("--device, --paste and --codex-cli are three ways; give one")
    if options.follow and not options.codex_cli:
        raise typer.BadParameter("--follow says what --codex-cli does")
    if options.account is not None and (pasted or options.codex_cli):
        raise typer.BadParameter("--account is for a login by browser or with --device")


@accounts.command("list")
def list_command(
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the upstream for limits first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Every account, its status and its limits."""

    async def show(gateway: Gateway) -> bool:
        await work.list_accounts(_scene(gateway), fresh=fresh, as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@accounts.command("import")
def import_command(
    file: Annotated[str, typer.Argument(help="A file of any known form; - for standard input.")],
    *,
    include_state: Annotated[bool, typer.Option(help="Bring back labels, counters and egresses too.")] = False,
    preview: Annotated[bool, typer.Option(help="Only say what would become of each row.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Take accounts in from a file."""
    content = read_file(file)
    wanted = Import(
        content=content,
        media_type=media_type_of(Path(file).suffix, content),
        include_state=include_state,
        preview=preview,
    )
    run_on_gateway(lambda gateway: work.import_accounts(_scene(gateway), wanted), data_dir, config_file)


@accounts.command("export")
def export_command(
    file: Annotated[str, typer.Argument(help="A file to make; - for standard output.")],
    names: SomeNames = None,
    *,
    form: Annotated[str, typer.Option("--format", help="full, minimal, cockpit_tools, sub2api or cpa.")] = "full",
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Write accounts with their tokens into a file; whoever has it can use them."""
    exported: list[bytes] = []

    async def export(gateway: Gateway) -> bool:
        exported.append(await work.export_accounts(_scene(gateway), form, names or []))
        return True

    require_absent(file)
    run_on_gateway(export, data_dir, config_file)
    write_private(file, exported[0])


@accounts.command("remove")
def remove_command(
    names: Names,
    *,
    revoke: Annotated[bool, typer.Option(help="Tell the issuer that their tokens are no longer wanted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Remove accounts with everything that names them."""
    wanted = names

    async def find(gateway: Gateway) -> bool:
        nonlocal wanted
        wanted = await work.find_accounts(_scene(gateway), names)
        return True

    async def remove(gateway: Gateway) -> bool:
        await work.remove_accounts(_scene(gateway), wanted, revoke=revoke)
        return True

    if not yes:
        run_on_gateway(find, data_dir, config_file)  # the names are right before anybody is asked
        typer.confirm(f"Remove {', '.join(names)}?", abort=True)

    run_on_gateway(remove, data_dir, config_file)


@accounts.command("refresh")
def refresh_command(names: SomeNames = None, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Renew credentials and say which accounts live."""
    run_on_gateway(lambda gateway: work.refresh_accounts(_scene(gateway), names or []), data_dir, config_file)


@accounts.command("enable")
def enable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch accounts on, out of everything that stands in their way."""
    _switch(names, data_dir, config_file, enabled=True)


@accounts.command("disable")
def disable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch accounts off."""
    _switch(names, data_dir, config_file, enabled=False)


def explain_command(request_id: str, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Say why a request of the running gateway went to the account it went to."""

    async def explain(gateway: Gateway) -> bool:
        await work.explain(_scene(gateway), request_id)
        return True

    run_on_gateway(explain, data_dir, config_file)


def route_command(
    model: Annotated[str, typer.Argument(help="A model name as clients send it; none for the default.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Say where a model name leads, step by step, and who could serve it now."""
    run_on_gateway(lambda gateway: show_route(gateway, out(), model, as_json=as_json), data_dir, config_file)


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the program's."""
    app.command("login")(login_command)
    app.command("explain")(explain_command)
    app.command("route")(route_command)
    app.add_typer(accounts, name="accounts")


async def typed_lines() -> AsyncGenerator[str, None]:
    """Lines that somebody types; none where standard input is no terminal."""
    if not sys.stdin.isatty():
        return
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()
    loop.add_reader(sys.stdin.fileno(), lambda: lines.put_nowait(sys.stdin.readline()))
    try:
        while line := await lines.get():
            yield line
    finally:
        loop.remove_reader(sys.stdin.fileno())


def _switch(names: list[str], data_dir: Path | None, config_file: Path | None, *, enabled: bool) -> None:
    async def switch(gateway: Gateway) -> bool:
        await work.switch_accounts(_scene(gateway), names, enabled=enabled)
        return True

    run_on_gateway(switch, data_dir, config_file)


def _scene(gateway: Gateway) -> AccountScene:
    return AccountScene(gateway=gateway, console=out(), progress=console(stderr=True), sleep=asyncio.sleep)
