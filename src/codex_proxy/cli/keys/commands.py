"""The commands of ``codex-proxy keys``.

Rules of this file: arguments in, work done elsewhere.  A secret goes to standard output once, when it is made.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from codex_proxy.access.granted.periods import DAY_SECONDS
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import Gateway
from codex_proxy.cli.keys import work
from codex_proxy.cli.keys.work import KeyScene, budget_told, tools_told
from codex_proxy.cli.running import ConfigFile, DataDir, out, run_on_gateway, taking
from codex_proxy.operations.transfer.times import iso

Names = Annotated[list[str], typer.Argument(help="Ids or names of client keys.")]
Name = Annotated[str, typer.Argument(help="A client key's id or name.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

keys = typer.Typer(help="Hand out client keys and take them back.", no_args_is_help=True)


@keys.command("list")
def list_command(*, as_json: Json = False, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Every key that was handed out, what it may and what it used."""

    async def show(gateway: Gateway) -> bool:
        await work.list_keys(_scene(gateway), as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """What ``create`` takes."""

    name: Annotated[str, typer.Argument(help="What you call the key.")]
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it is for: chat, embeddings, images, audio, models:read, usage:read."),
    ] = None
    models: Annotated[list[str] | None, typer.Option("--model", "-m", help="A model it may use, such as gpt-5*.")] = (
        None
    )
    tools: Annotated[
        list[str] | None,
        typer.Option("--tool", help="A tool offered with its requests: web_search, image_generation, or JSON."),
    ] = None
    no_tools: Annotated[bool, typer.Option("--no-tools", help="Not even those of all keys.")] = False
    days: Annotated[float | None, typer.Option(help="Days until it expires.", min=0.0)] = None
    requests_per_minute: Annotated[int | None, typer.Option("--rpm", help="Requests per minute.", min=1)] = None
    tokens_per_minute: Annotated[int | None, typer.Option("--tpm", help="Tokens per minute.", min=1)] = None
    concurrency: Annotated[int | None, typer.Option(help="Answers under way at once.", min=1)] = None
    budgets: Annotated[
        list[str] | None,
        typer.Option("--budget", help="Such as month=20usd or day=500000tokens; hour, day, week, month or total."),
    ] = None
    as_json: Json = False
    data_dir: DataDir = None
    config_file: ConfigFile = None


@keys.command("create")
@taking(CreateOptions)
def create_command(options: CreateOptions) -> None:
    """Make a key; its secret is shown only now."""
    told: dict[str, Any] = {
        "name": options.name,
        "scopes": options.scopes,
        "allowed_models": options.models,
        "default_tools": tools_told(options.tools, none=options.no_tools),
        "expires_at": None if options.days is None else _in_days(options.days),
        "requests_per_minute": options.requests_per_minute,
        "tokens_per_minute": options.tokens_per_minute,
        "max_concurrency": options.concurrency,
        "budgets": [budget_told(budget) for budget in options.budgets or ()],
    }
    body = {name: value for name, value in told.items() if value is not None}

    async def create(gateway: Gateway) -> bool:
        await work.create_key(_scene(gateway), body, as_json=options.as_json)
        return True

    run_on_gateway(create, options.data_dir, options.config_file)


@keys.command("rotate")
def rotate_command(name: Name, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Give a key a new secret, shown only now; the old one opens nothing any more."""

    async def rotate(gateway: Gateway) -> bool:
        await work.rotate_key(_scene(gateway), name)
        return True

    run_on_gateway(rotate, data_dir, config_file)


@keys.command("enable")
def enable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch keys on again."""

    async def enable(gateway: Gateway) -> bool:
        await work.switch_keys(_scene(gateway), names, enabled=True)
        return True

    run_on_gateway(enable, data_dir, config_file)


@keys.command("disable")
def disable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch keys off; answers under way go on."""

    async def disable(gateway: Gateway) -> bool:
        await work.switch_keys(_scene(gateway), names, enabled=False)
        return True

    run_on_gateway(disable, data_dir, config_file)


@keys.command("revoke")
def revoke_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Take keys back for good, with what they used."""

    async def revoke(gateway: Gateway) -> bool:
        await work.revoke_keys(_scene(gateway), names)
        return True

    run_on_gateway(revoke, data_dir, config_file)


def _scene(gateway: Gateway) -> KeyScene:
    return KeyScene(gateway=gateway, console=out())


def _in_days(days: float) -> str:
    try:
        return iso(SystemClock().now() + days * DAY_SECONDS)
    except (OverflowError, ValueError, OSError) as error:
        raise StartRefused(f"{days:g} days are too many") from error
