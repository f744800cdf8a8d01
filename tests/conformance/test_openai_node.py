"""The official Node SDK against a running gateway."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Gateway, node
from tests.scenarios.stage import KEY

SCRIPT = Path(__file__).parent / "node" / "sdk.mjs"


def run(gateway: Gateway, name: str) -> Any:
    """What one scenario of the script saw."""
    done = node(SCRIPT, name, gateway.base_url, KEY)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("dialect", "ended"), [("chat", "stop"), ("responses", "completed")])
@pytest.mark.parametrize("how", ["plain", "stream"])
def test_plain(gateway: Gateway, dialect: str, how: str, ended: str) -> None:
    told = run(gateway, f"{dialect} {how}")
    assert told["text"] == "You said: hello. This is the simulated gpt-5.4 speaking."
    assert ended in {told.get("finish"), told.get("status")}
    assert told["usage"]["total_tokens"] > 0
    assert how == "plain" or told["deltas"] > 3


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_tool_loop_with_parallel_calls(gateway: Gateway, dialect: str) -> None:
    told = run(gateway, f"{dialect} tools")
    assert told["outputs"] == ["Oslo: sunny", "Lima: sunny"]
    assert "The tool answered" in told["text"]
    sent = gateway.asked()[-1]["body"]["input"]
    assert [item["output"] for item in sent if item["type"] == "function_call_output"] == told["outputs"]


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_parse_into_a_schema(gateway: Gateway, dialect: str) -> None:
    assert run(gateway, f"{dialect} parse")["parsed"] == {"name": "a city", "population": 7}


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_image(gateway: Gateway, dialect: str) -> None:
    assert run(gateway, f"{dialect} image")["text"].startswith("I see a picture of type image/png")


@pytest.mark.parametrize(("dialect", "parts"), [("chat", "\n\n"), ("responses", "")])
def test_reasoning(gateway: Gateway, dialect: str, parts: str) -> None:
    told = run(gateway, f"{dialect} reasoning")
    whole = told["whole"] if isinstance(told["whole"], str) else parts.join(told["whole"])
    assert whole == told["streamed"] == f"Considering the request{parts}5 characters"
    assert told["tokens"] > 0
