"""A real LiteLLM proxy on loopback, whose models have mock answers.

Rules of this file: it leaves the machine for nothing: what it would fetch at its start it takes from its own package,
and its proxies are dead. LiteLLM mocks no streams of Responses and Messages, so a model of its own asks another of its
own in Chat Completions: what comes in those dialects is LiteLLM's translation of a real stream.
"""

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from tests.conformance.conftest import REPOSITORY, loopback_only

PROGRAM: Final = REPOSITORY / ".cache" / "litellm" / "bin" / "litellm"
MASTER_KEY: Final = "sk-of-the-mock"
SAID: Final = "Good day to you."
CALL: Final = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"q":"Oslo"}'}}
"""What the model ``calling`` answers with, where the answer is not streamed."""

_ENVIRON: Final = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
}
_MOCKS: Final[dict[str, dict[str, Any]]] = {
    "mock": {"mock_response": SAID},
    "limited-mock": {"mock_response": "litellm.RateLimitError"},
    "calling-mock": {"mock_response": "", "mock_tool_calls": [CALL]},
}
_RELAYED: Final = {"talking": "mock", "limited": "limited-mock", "calling": "calling-mock"}


@contextlib.contextmanager
def litellm_proxy(folder: Path) -> Iterator[str]:
    """The proxy as a process; yields its address once it answers."""
    assert PROGRAM.is_file(), "LiteLLM is missing; `make conformance` brings it"
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    configuration = folder / "litellm.json"  # JSON is YAML too
    configuration.write_text(json.dumps(_configuration(url)))
    command = [str(PROGRAM), "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "litellm.log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "--num_workers", "1", "--telemetry", "False"],
            env=loopback_only() | _ENVIRON,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            _await_life(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=40)


def _configuration(url: str) -> dict[str, Any]:
    mocks = [_model(name, f"openai/{name}", api_base=f"{url}/none", **mock) for name, mock in _MOCKS.items()]
    relayed = [_model(name, f"custom_openai/{mock}", api_base=f"{url}/v1") for name, mock in _RELAYED.items()]
    return {
        "model_list": [*mocks, *relayed],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "litellm_settings": {"telemetry": False, "drop_params": True, "num_retries": 0},
        "general_settings": {"master_key": MASTER_KEY, "disable_spend_logs": True},
    }


def _model(name: str, model: str, **members: Any) -> dict[str, Any]:
    return {"model_name": name, "litellm_params": {"model": model, "api_key": MASTER_KEY, **members}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_life(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; it reads half a gigabyte of modules first, so nothing is said of how long."""
    while process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/liveliness", trust_env=False, timeout=60).is_success:
                return
        time.sleep(0.1)
    raise AssertionError(f"it ended with {process.returncode}; see litellm.log")
