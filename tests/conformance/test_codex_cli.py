"""The real Codex CLI: through the gateway as a custom provider, and with a ChatGPT login straight at the simulator."""

import hashlib
import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import NODE_FOLDER, any_token, asked, gateway_over, node, running
from tests.conformance.tls import TlsFront, tls_front
from tests.scenarios.stage import KEY

CODEX = NODE_FOLDER / "node_modules" / "@openai" / "codex" / "bin" / "codex.js"
SECRET = "the file's only line"
SCENARIO = """
rules:
  - when: {has_tool_output: false}
    steps:
      - reasoning: ["Looking into the file"]
      - calls: [{name: exec_command, arguments: {cmd: cat note.txt}}]
  - when: {has_tool_output: true}
    steps:
      - text: "{{ tool_output | sha256 }}"
"""
BASE = """
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
CUSTOM = """model_provider = "gw"
{base}
[model_providers.gw]
name = "gateway"
base_url = "{url}"
wire_api = "responses"
env_key = "GATEWAY_KEY"
"""
CHATGPT = """chatgpt_base_url = "{url}/backend-api"
openai_base_url = "{url}/backend-api/codex"
{base}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A working folder with one file, a home for the CLI beside it."""
    (tmp_path / "home").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    (work / "note.txt").write_text(SECRET + "\n")
    return tmp_path


def codex(place: Path, **environ: str) -> str:
    """What ``codex exec`` answers last."""
    done = node(
        CODEX,
        "exec",
        "--skip-git-repo-check",
        "--output-last-message",
        str(place / "said"),
        "Read the file.",
        env={"CODEX_HOME": str(place / "home"), **environ},
        cwd=place / "work",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return (place / "said").read_text()


def assert_hash_of_the_output(said: str, requests: list[dict[str, Any]]) -> None:
    """The tool ran, its output came back, and the answer is made of exactly that output."""
    first, second = requests
    assert not any(item["type"] == "function_call_output" for item in first["body"]["input"])
    (output,) = [item["output"] for item in second["body"]["input"] if item["type"] == "function_call_output"]
    text = output if isinstance(output, str) else "".join(part["text"] for part in output)
    assert SECRET in text
    assert said.strip() == hashlib.sha256(text.encode()).hexdigest()


def test_a_tool_loop_through_the_gateway(place: Path) -> None:
    scenario = place / "scenario.yaml"
    scenario.write_text(SCENARIO)
    with (
        running("simulate", "--port", "0", "--scenario", str(scenario)) as backend,
        gateway_over(backend, place / "data") as gateway,
    ):
        (place / "home" / "config.toml").write_text(CUSTOM.format(base=BASE, url=gateway.base_url))
        said = codex(place, GATEWAY_KEY=KEY)
        requests = gateway.asked()
    assert_hash_of_the_output(said, requests)
    assert [item for item in requests[1]["body"]["input"] if item["type"] == "reasoning"]


def test_a_tool_loop_straight_at_the_simulator(place: Path) -> None:
    """ChatGPT mode wants an HTTPS origin, so the simulator stands behind a TLS server that is not ours."""
    with tls_front(place, SCENARIO) as front:
        (place / "home" / "config.toml").write_text(CHATGPT.format(base=BASE, url=front.url))
        (place / "home" / "auth.json").write_text(json.dumps(_login()))
        said = codex(place, CODEX_CA_CERTIFICATE=str(front.authority), SSL_CERT_FILE=str(front.authority))
        requests = _asked_behind(front)
    assert_hash_of_the_output(said, requests)
    assert {request["status"] for request in requests} == {200}


def _login() -> dict[str, Any]:
    token = any_token()
    tokens = {"id_token": token, "access_token": token, "refresh_token": "none", "account_id": "acc"}
    refreshed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": refreshed}


def _asked_behind(front: TlsFront) -> list[dict[str, Any]]:
    trusted = ssl.create_default_context(cafile=str(front.authority))
    return asked(front.url + "/backend-api", verify=trusted)
