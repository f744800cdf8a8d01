"""Command-line agents: how each is pointed at a gateway and told what to do, without questions and telemetry."""

import dataclasses
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from tests.conformance.conftest import NODE, NODE_FOLDER, loopback_only

_MODULES: Final = NODE_FOLDER / "node_modules"


def _native(pattern: str) -> Path:
    """The binary that npm chose for this machine; where it has none, a path that is not there."""
    return next(iter(sorted(_MODULES.glob(pattern))), _MODULES / pattern)


_CODEX: Final = _MODULES / "@openai" / "codex" / "bin" / "codex.js"
_CLAUDE: Final = _native("@anthropic-ai/claude-code-*/claude")
_GEMINI: Final = _MODULES / "@google" / "gemini-cli" / "bundle" / "gemini.js"
_OPENCODE: Final = _native("opencode-*/bin/opencode")

CODEX_BASE: Final = """
model = "gpt-5.4"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[analytics]
enabled = false
[otel]
metrics_exporter = "none"
[features]
plugins = false
apps = false
"""
_CODEX_CUSTOM: Final = """model_provider = "gw"
{base}
[model_providers.gw]
name = "gateway"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "GATEWAY_KEY"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an agent works: its home, and a folder with files beside it."""

    home: Path
    work: Path

    @classmethod
    def below(cls, folder: Path) -> "Place":
        """A fresh one."""
        made = cls(home=folder / "home", work=folder / "work")
        made.home.mkdir()
        made.work.mkdir()
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What an agent is pointed at and told; ``resumes`` goes on with the latest conversation."""

    url: str
    key: str
    prompt: str
    resumes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Arguments of an agent's program, and what it needs in its environment."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How it ended: exit code, what it said, what it told beside that."""

    code: int
    said: str
    told: str


Prepare: TypeAlias = Callable[[Place, Aim], Command]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A command-line agent.

    ``read`` is the tool call by which it reads a file; ``full`` the status an overloaded backend has in its dialect;
    ``refusals`` how many 401s it takes before it gives up; ``reconnects`` whether it survives a broken connection;
    ``thinks`` whether it hands reasoning back.
    """

    name: str
    program: Path
    prepare: Prepare
    read: Callable[[Path], dict[str, Any]]
    full: int = 503
    refusals: int = 1
    reconnects: bool = True
    thinks: bool = True

    def run(self, place: Place, aim: Aim) -> Ran:
        """One prompt, until the agent ends."""
        if not self.program.is_file():
            pytest.skip(f"{self.name} is not installed; `make conformance` or `make conformance-all` brings it")
        command = self.prepare(place, aim)
        starts = (NODE, str(self.program)) if self.program.suffix == ".js" else (str(self.program),)
        done = subprocess.run(
            [*starts, *command.arguments],
            cwd=place.work,
            env={**_little(), "HOME": str(place.home), "PWD": str(place.work), **command.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        return Ran(code=done.returncode, said=done.stdout, told=done.stderr)


def _little() -> dict[str, str]:
    """Of the environment only what programs need to run: agents read the settings of others like them from the rest."""
    kept = {"PATH", "LANG", "TERM", "TMPDIR"}
    return {name: value for name, value in loopback_only().items() if name in kept or name.lower().endswith("_proxy")}


def _claude(key_variable: str) -> Prepare:
    """Claude Code sends a key in ``x-api-key`` and a token as a bearer's."""

    def prepare(place: Place, aim: Aim) -> Command:
        goes_on = ("--continue",) if aim.resumes else ()
        return Command(
            arguments=("-p", aim.prompt, "--allowedTools", "Read", *goes_on),
            environ={
                "ANTHROPIC_BASE_URL": aim.url,
                key_variable: aim.key,
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "CLAUDE_CODE_MAX_RETRIES": "1",  # of ten, which take three minutes
            },
        )

    return prepare


def _codex(place: Place, aim: Aim) -> Command:
    (place.home / "config.toml").write_text(_CODEX_CUSTOM.format(base=CODEX_BASE, url=aim.url))
    goes_on = ("resume", "--last") if aim.resumes else ()
    return Command(
        arguments=("exec", "--skip-git-repo-check", *goes_on, aim.prompt),
        environ={"CODEX_HOME": str(place.home), "GATEWAY_KEY": aim.key},
    )


def _gemini(model: str | None) -> Prepare:
    def prepare(place: Place, aim: Aim) -> Command:
        settings = {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
        }
        folder = place.home / ".gemini"
        folder.mkdir(exist_ok=True)
        (folder / "settings.json").write_text(json.dumps(settings))
        named = ("-m", model) if model else ()
        goes_on = ("--resume", "latest") if aim.resumes else ()
        return Command(
            arguments=("-p", aim.prompt, "--yolo", *named, *goes_on),
            environ={
                "GOOGLE_GEMINI_BASE_URL": aim.url,
                "GEMINI_API_KEY": aim.key,
                "GEMINI_CLI_TRUST_WORKSPACE": "true",
                "GEMINI_CLI_NO_RELAUNCH": "true",
            },
        )

    return prepare


def _opencode(provider: str, model: str) -> Prepare:
    """With a title of ours, for it asks the model for one otherwise."""

    def prepare(place: Place, aim: Aim) -> Command:
        gateway: dict[str, Any] = {
            "options": {"baseURL": f"{aim.url}/v1", "apiKey": aim.key},
            "models": {model: {"reasoning": True}},
        }
        if provider == "gateway":
            gateway["npm"] = "@ai-sdk/openai-compatible"
        settings = {"autoupdate": False, "share": "disabled", "provider": {provider: gateway}}
        folder = place.home / ".config" / "opencode"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "opencode.json").write_text(json.dumps(settings))
        goes_on = ("--continue",) if aim.resumes else ("--title", "files")
        return Command(arguments=("run", "-m", f"{provider}/{model}", *goes_on, aim.prompt))

    return prepare


def _reads(name: str, member: str) -> Callable[[Path], dict[str, Any]]:
    return lambda path: {"name": name, "arguments": {member: str(path)}}


def _opencode_by(provider: str, model: str = "gpt-5.4", **traits: Any) -> Agent:
    return Agent(
        name=f"opencode-{provider}",
        program=_OPENCODE,
        prepare=_opencode(provider, model),
        read=_reads("read", "filePath"),
        **traits,
    )


CLAUDE_CODE: Final = Agent(
    name="claude-code",
    program=_CLAUDE,
    prepare=_claude("ANTHROPIC_API_KEY"),
    read=_reads("Read", "file_path"),
    full=529,
    refusals=2,
)
CLAUDE_CODE_WITH_A_TOKEN: Final = dataclasses.replace(CLAUDE_CODE, prepare=_claude("ANTHROPIC_AUTH_TOKEN"))
CODEX_CLI: Final = Agent(
    name="codex",
    program=_CODEX,
    prepare=_codex,
    read=lambda path: {"name": "exec_command", "arguments": {"cmd": f"cat {path}"}},
    refusals=6,
)
GEMINI_CLI: Final = Agent(
    name="gemini-cli",
    program=_GEMINI,
    prepare=_gemini("gemini-2.5-flash"),
    read=_reads("read_file", "file_path"),
    reconnects=False,
)
GEMINI_CLI_THAT_CHOOSES: Final = dataclasses.replace(GEMINI_CLI, prepare=_gemini(None))
OPENCODE: Final = _opencode_by("gateway", thinks=False)
OPENCODE_RESPONSES: Final = _opencode_by("openai")
OPENCODE_ANTHROPIC: Final = _opencode_by("anthropic", "claude-opus-5-5", full=529)
