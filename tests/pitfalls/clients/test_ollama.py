"""Traps of section 7: what clients of Ollama's API say and hear."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from tests.pitfalls.talk import (
    IDS,
    JPEG,
    LOOSE,
    OLLAMA,
    body_of,
    broken,
    done,
    ends,
    failed,
    function,
    items,
    parsed,
    spoken,
    thought,
    told,
)
from tests.scenarios.stage import Stage, stage

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": LOOSE}}]


@asynccontextmanager
async def bridge(tmp_path: Path, **settings: str) -> AsyncIterator[tuple[Stage, httpx.AsyncClient]]:
    """A gateway, and a client of its Ollama listener."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with (
        stage(tmp_path, OLLAMA__ENABLED="true", OLLAMA__PORT=str(port), **settings) as play,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        yield play, client


def test_p7_1_the_last_line_repeats_nothing() -> None:
    lines = told(OLLAMA, done(thought("hm")), *spoken("hello"), ends())
    assert lines[-1]["message"] == {"role": "assistant", "content": ""}
    assert "".join(line["message"]["content"] for line in lines) == "hello"


@pytest.mark.parametrize("arguments", ['{"path": "a"}', "no json"])
def test_p7_2_arguments_are_an_object(arguments: str) -> None:
    (call,) = calls_of(told(OLLAMA, done(function("f", arguments)), ends()))
    assert isinstance(call["function"]["arguments"], dict)


def calls_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [call for line in lines for call in line["message"].get("tool_calls", [])]


def test_p7_3_calls_come_before_the_last_line_which_says_stop() -> None:
    lines = told(OLLAMA, done(function("f", "{}")), ends())
    assert calls_of(lines[:-1])
    assert not calls_of(lines[-1:])
    assert lines[-1]["done_reason"] == "stop"


def test_p7_4_an_error_in_the_stream_is_a_line() -> None:
    raw = broken(OLLAMA, Failure(kind=FailureKind.OVERLOADED, message="full"))
    assert json.loads(raw.splitlines()[-1]) == {"error": "full"}


def test_p7_5_an_error_is_plain_words() -> None:
    words = body_of(failed(OLLAMA, Failure(kind=FailureKind.UPSTREAM_ERROR, message='{"error":{"message":"m"}}')))
    assert not words["error"].lstrip().startswith("{")


def test_p7_6_results_meet_calls_of_one_tool_in_order() -> None:
    asked = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}] * 2}
    answers = [{"role": "tool", "tool_name": "f", "content": text} for text in ("1", "2")]
    made = items(OLLAMA, messages=[{"role": "user", "content": "u"}, asked, *answers], tools=TOOLS)
    first, second = [item["call_id"] for item in made if item["type"] == "function_call"]
    outputs = {item["call_id"]: item["output"] for item in made if item["type"] == "function_call_output"}
    assert (outputs[first], outputs[second]) == ("1", "2")


@pytest.mark.parametrize(
    ("think", "effort", "visible"),
    [
        (True, "medium", True),
        ("true", "medium", True),
        (False, "none", False),
        ("false", "none", False),
        ("high", "high", True),
    ],
)
def test_p7_7_thinking_is_a_switch_or_a_level(think: Any, effort: str, visible: bool) -> None:
    wanted = parsed(OLLAMA, think=think).reasoning
    assert (wanted.effort, wanted.visible) == (effort, visible)


def test_p7_8_a_picture_is_what_its_bytes_say() -> None:
    (made,) = items(OLLAMA, messages=[{"role": "user", "content": "", "images": [JPEG]}])[0]["content"]
    assert made["image_url"].startswith("data:image/jpeg;base64,")


async def test_p7_9_what_clients_probe_is_there(tmp_path: Path) -> None:
    async with bridge(tmp_path) as (_, client):
        assert (await client.head("/")).status_code == 200
        assert (await client.get("/api/ps")).json()["models"]
        prompt = {"model": "gpt-5.4", "prompt": "hi", "stream": False}
        assert (await client.post("/api/generate", json=prompt)).json()["response"]
        embed = await client.post("/api/embed", json={"model": "gpt-5.4", "input": "hi"})
    assert (embed.status_code, isinstance(embed.json()["error"], str)) == (501, True)


async def test_p7_10_windows_are_the_catalogues_own(tmp_path: Path) -> None:
    async with bridge(tmp_path) as (play, client):
        await play.models_fetched()
        told_of = (await client.post("/api/show", json={"model": "gpt-5.4"})).json()
        known = (await play.client.get("/v1/models/gpt-5.4")).json()["context_window"]
    windows = [value for name, value in told_of["model_info"].items() if name.endswith("context_length")]
    assert windows == [known]


def test_p7_11_silence_is_filled_with_whole_lines() -> None:
    beat = OLLAMA.open_stream(parsed(OLLAMA), IDS).heartbeat()
    line = json.loads(beat)
    assert beat.endswith(b"\n")
    assert (line["message"]["content"], line["done"]) == ("", False)


async def test_p7_12_models_are_listed_with_a_tag_and_known_without(tmp_path: Path) -> None:
    async with bridge(tmp_path) as (_, client):
        listed = [model["name"] for model in (await client.get("/api/tags")).json()["models"]]
        assert "gpt-5.4:latest" in listed
        for name in ("gpt-5.4", "gpt-5.4:latest"):
            body = {"model": name, "messages": [{"role": "user", "content": "hi"}], "stream": False}
            assert (await client.post("/api/chat", json=body)).json()["model"] == name


async def test_p7_13_a_taken_port_leaves_the_gateway_alive(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with stage(tmp_path, OLLAMA__ENABLED="true", OLLAMA__PORT=port) as play:
            assert (await play.chat()).status_code == 200
            state = (await play.client.get("/admin/ollama-status")).json()
    assert (state["enabled"], state["running"]) == (True, False)
    assert port in state["error"]
