"""The commands of ``codex-proxy vendors``.

Rules of this file: arguments in, work done elsewhere.  A key is never an argument, which other programs on the machine
could read: it is typed, comes on standard input, or stands in an environment variable that is named.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import Gateway
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
from codex_proxy.cli.vendors import work
from codex_proxy.cli.vendors.work import KeyToAdd, VendorScene

Names = Annotated[list[str], typer.Argument(help="Ids of entries or keys, labels, or vendors with one key.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

vendors = typer.Typer(help="Look at third-party vendors and change the keys for them.")


@vendors.callback(invoke_without_command=True)
def vendors_command(
    context: typer.Context, *, as_json: Json = False, data_dir: DataDir = None, config_file: ConfigFile = None
) -> None:
    """Every vendor there is, with its address and what it speaks; below it, the keys."""
    if context.invoked_subcommand is not None:
        if as_json or data_dir is not None or config_file is not None:  # they would be of no effect, unnoticed
            raise typer.BadParameter(
                f"options stand behind the command: codex-proxy vendors {context.invoked_subcommand} …"
            )
        return

    async def show(gateway: Gateway) -> bool:
        await work.show_catalogue(_scene(gateway), as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@vendors.command("list")
def list_command(*, as_json: Json = False, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Every key and how it stands, one line for each model."""

    async def show(gateway: Gateway) -> bool:
        await work.list_keys(_scene(gateway), as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """What ``add`` takes."""

    vendor: Annotated[str, typer.Argument(help="A vendor's name, or custom with --base-url.")]
    models: Annotated[list[str] | None, typer.Option("--model", "-m", help="A model; may be repeated.")] = None
    all_models: Annotated[bool, typer.Option("--all-models", help="All that the vendor lists for the key.")] = False
    key_env: Annotated[str | None, typer.Option(help="The environment variable that holds the key.")] = None
    no_key: Annotated[bool, typer.Option("--no-key", help="The vendor wants none, as on this machine.")] = False
    base_url: Annotated[str | None, typer.Option(help="Another address than the vendor's own.")] = None
    wire: Annotated[str | None, typer.Option(help="What is spoken: chat, responses, anthropic or gemini.")] = None
    capabilities: Annotated[
        list[str] | None, typer.Option("--can", help="What the models are for, such as embeddings; may be repeated.")
    ] = None
    label: Annotated[str | None, typer.Option(help="What you call the key.")] = None
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Let the address be a private one.")] = False
    data_dir: DataDir = None
    config_file: ConfigFile = None


@vendors.command("add")
@taking(AddOptions)
def add_command(options: AddOptions) -> None:
    """Keep a key; one that is there already gets the models it lacks."""
    key = KeyToAdd(
        provider=options.vendor,
        api_key="" if options.no_key else _secret(options.key_env),
        models=tuple(options.models or ()),
        base_url=options.base_url,
        label=options.label,
        capabilities=tuple(options.capabilities) if options.capabilities else None,
        wire=options.wire,
        allow_private=options.allow_private,
    )

    async def add(gateway: Gateway) -> bool:
        await work.add_key(_scene(gateway), key, all_models=options.all_models)
        return True

    run_on_gateway(add, options.data_dir, options.config_file)


@vendors.command("models")
def models_command(
    name: Annotated[str, typer.Argument(help="A key's id or label, or a vendor with one key.")],
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the vendor although the list is known.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """The models that a vendor lists for a key."""

    async def show(gateway: Gateway) -> bool:
        await work.list_models(_scene(gateway), name, fresh=fresh, as_json=as_json)
        return True

    run_on_gateway(show, data_dir, config_file)


@vendors.command("remove")
def remove_command(
    names: Names,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Remove entries, or whole keys."""
    if not yes:
        typer.confirm(f"Remove {', '.join(names)}?", abort=True)

    async def remove(gateway: Gateway) -> bool:
        await work.remove_keys(_scene(gateway), names)
        return True

    run_on_gateway(remove, data_dir, config_file)


@vendors.command("enable")
def enable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch keys on, out of everything that stands in their way."""
    _switch(names, data_dir, config_file, enabled=True)


@vendors.command("disable")
def disable_command(names: Names, *, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Switch keys off."""
    _switch(names, data_dir, config_file, enabled=False)


@vendors.command("import")
def import_command(
    file: Annotated[str, typer.Argument(help="An export, JSON or YAML; - for JSON on standard input.")],
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Take keys in from a file."""
    content, media_type = read_file(file), work.media_type_of(Path(file).suffix)
    run_on_gateway(lambda gateway: work.import_keys(_scene(gateway), content, media_type), data_dir, config_file)


@vendors.command("export")
def export_command(
    file: Annotated[str, typer.Argument(help="A file to make; - for standard output.")],
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
) -> None:
    """Write the keys themselves into a file; whoever has it can use them."""
    exported: list[bytes] = []

    async def export(gateway: Gateway) -> bool:
        exported.append(await work.export_keys(_scene(gateway)))
        return True

    require_absent(file)
    run_on_gateway(export, data_dir, config_file)
    write_private(file, exported[0])


def _switch(names: list[str], data_dir: Path | None, config_file: Path | None, *, enabled: bool) -> None:
    async def switch(gateway: Gateway) -> bool:
        await work.switch_keys(_scene(gateway), names, enabled=enabled)
        return True

    run_on_gateway(switch, data_dir, config_file)


def _secret(key_env: str | None) -> str:
    """The key, from the variable of this name, standard input, or whoever types it; raises ``StartRefused``."""
    if key_env is not None:
        secret = os.environ.get(key_env, "")
        if not secret:
            raise StartRefused(f"the environment variable {key_env} is not set")
        return secret
    if sys.stdin.isatty():
        return str(typer.prompt("Key", hide_input=True))
    return sys.stdin.readline().strip()


def _scene(gateway: Gateway) -> VendorScene:
    return VendorScene(gateway=gateway, console=out())
