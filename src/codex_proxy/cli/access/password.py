"""``codex-proxy password``: the dashboard's password.

Rules of this file: a password is never an argument, which other programs on the machine could read: it is typed, or
comes on standard input.
"""

import getpass
import sys
from collections.abc import Callable
from typing import TextIO

import typer

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import Gateway
from codex_proxy.cli.running import ConfigFile, DataDir, out, run_on_gateway

password = typer.Typer(help="Set the dashboard's password.", no_args_is_help=True)


@password.command("set")
def set_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Set it, typed twice or as the first line of standard input; whoever is logged in has to log in again."""
    wanted = asked_password(sys.stdin)

    async def change(gateway: Gateway) -> bool:
        told = await gateway.ask("POST", "/admin/dashboard-password", {"password": wanted})
        out().print(f"the password is set; {told['sessions_ended']} sessions ended", highlight=False)
        return True

    run_on_gateway(change, data_dir, config_file)


@password.command("link")
def link_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Make a link that sets the password, once and within a day; the one before it is void."""

    async def make(gateway: Gateway) -> bool:
        told = await gateway.ask("POST", "/admin/dashboard-setup-link")
        out().print(told["url"], highlight=False)
        return True

    run_on_gateway(make, data_dir, config_file)


@password.command("remove-totp")
def remove_totp_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Want no code of an authenticator any more: for the day it is lost."""

    async def remove(gateway: Gateway) -> bool:
        told = await gateway.ask("DELETE", "/admin/dashboard-totp")
        out().print("the second factor is removed" if told["removed"] else "there was no second factor")
        return True

    run_on_gateway(remove, data_dir, config_file)


def asked_password(stream: TextIO, *, prompted: Callable[[str], str] = getpass.getpass) -> str:
    """The password that somebody types twice at a terminal, else the first line of the stream.

    Raises:
        StartRefused: what was typed differs.
    """
    if not stream.isatty():
        return stream.readline().rstrip("\r\n")
    wanted = prompted("Password: ")
    if prompted("Once more: ") != wanted:
        raise StartRefused("the two passwords differ; nothing was changed")
    return wanted
