"""The ``codex-proxy`` command.

Rules of this file: arguments in, one sentence and exit code 2 out where something the owner gave cannot be used; no
traceback for that.
"""

import asyncio
import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from codex_proxy import __version__
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.process.running import run_until_done
from codex_proxy.bootstrap.run import ServeOptions, load, serve, simulate
from codex_proxy.cli.access.audit import audit
from codex_proxy.cli.access.password import password
from codex_proxy.cli.access.sealing import sealing
from codex_proxy.cli.asking import GatewayRefused
from codex_proxy.cli.capsules.commands import add_capsule_commands
from codex_proxy.cli.commands import add_commands
from codex_proxy.cli.config import check_lines, show_config
from codex_proxy.cli.keys.commands import keys
from codex_proxy.cli.running import EXIT_FAILED, ConfigFile, DataDir, out
from codex_proxy.cli.settings.commands import settings
from codex_proxy.cli.settings.reaching import settings_reached
from codex_proxy.cli.terminal.console import plain
from codex_proxy.cli.updating import update_command
from codex_proxy.cli.usage.commands import usage
from codex_proxy.cli.vendors.commands import vendors
from codex_proxy.settings.checks.faults import SettingsError

EXIT_UNUSABLE: Final = 2
SIMULATE: Final = "--simulate"


app = typer.Typer(
    name="codex-proxy",
    help="A gateway that lets OpenAI-style clients use your own Codex accounts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
config = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
app.add_typer(config, name="config")
add_commands(app)
add_capsule_commands(app)
app.add_typer(vendors, name="vendors")
app.add_typer(keys, name="keys")
app.add_typer(settings, name="settings")
app.add_typer(usage, name="usage")
app.add_typer(password, name="password")
app.add_typer(audit, name="audit")
app.add_typer(sealing, name="sealing")
app.command("update")(update_command)


@app.command("serve")
def serve_command(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
    simulated: Annotated[bool, typer.Option(SIMULATE, help="Run on the simulated backend.")] = False,
    scenario: Annotated[Path | None, typer.Argument(help="After --simulate: a scenario in YAML.")] = None,
) -> None:
    """Serve until stopped."""
    if scenario is not None and not simulated:
        raise StartRefused(f"{scenario} is no argument of serve; a scenario comes after {SIMULATE}")
    flags = {
        "server.host": host,
        "server.port": port,
    }
    options = ServeOptions(
        flags=flags, data_dir=data_dir, config_file=config_file, simulate=simulated, scenario=scenario
    )
    run_until_done(serve(options, os.environ))


@app.command("simulate")
def simulate_command(
    *,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    scenario: Annotated[Path | None, typer.Option(help="A scenario in YAML.")] = None,
    seed: Annotated[int, typer.Option(help="Runs of one seed say the same.")] = 0,
) -> None:
    """Run the simulated Codex backend alone."""
    run_until_done(simulate(port=port, scenario=scenario, seed=seed))


@app.command("demo")
def demo_command(
    *,
    day: Annotated[bool, typer.Option("--day", help="Show two accounts: one runs out and comes back.")] = False,
) -> None:
    """Ask one question in each dialect of a gateway on the simulated backend."""
    try:
        demo = importlib.import_module(f"codex_proxy.cli.demo.{'day' if day else 'dialects'}")
    except ModuleNotFoundError as error:
        clients = "openai anthropic google-genai ollama"
        raise StartRefused(f"the demo needs the package {error.name}: pip install {clients}") from error
    run_until_done(demo.run())


@app.command("version")
def version_command() -> None:
    """Print the version."""
    _print(f"codex-proxy {__version__}")


@config.command("show")
def show_command(
    *,
    data_dir: DataDir = None,
    config_file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Every key with the value in force and where that came from; secrets are masked."""

    async def run() -> None:
        async with settings_reached(_options(data_dir, config_file), os.environ) as gateway:
            await show_config(gateway, out(), as_json=as_json)

    run_until_done(run())


@config.command("check")
def check_command(*, data_dir: DataDir = None, config_file: ConfigFile = None) -> None:
    """Say whether the configuration can be used, and which of its keys do nothing yet."""
    for line in check_lines(load(_options(data_dir, config_file), os.environ)):
        _print(line)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    try:
        app(args=arguments)
    except SettingsError as error:
        for problem in error.problems:
            sys.stderr.write(f"codex-proxy: {problem}\n")
        sys.exit(EXIT_UNUSABLE)
    except StartRefused as error:
        sys.stderr.write(f"codex-proxy: {error}\n")
        sys.exit(EXIT_UNUSABLE)
    except GatewayRefused as error:
        sys.stderr.write(f"codex-proxy: {plain(str(error))}\n")
        sys.exit(EXIT_FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


def _options(data_dir: Path | None, config_file: Path | None) -> ServeOptions:
    nothing: dict[str, Any] = {}
    return ServeOptions(flags=nothing, data_dir=data_dir, config_file=config_file)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
