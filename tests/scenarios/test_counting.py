"""Counting tokens through the whole gateway: without an account, and without holding up a stream."""

import asyncio
import os
import signal
from pathlib import Path

import bpe_openai
import httpx
import openai
import pytest

from codex_proxy.counting.counter import WORKER_COMMAND
from tests.scenarios.stage import KEY, Stage, chat_text, stage

PATH = "/v1/responses/input_tokens"
BURST = 25


def counting_processes() -> list[int]:
    """The counting processes of this very process: fixtures of other tests have children too, and those theirs."""
    children = [int(child) for task in Path("/proc/self/task").iterdir() for child in _children_of(task)]
    return [pid for pid in children if _is_counting(pid)]


def _children_of(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:  # the thread has just ended
        return []


def _is_counting(pid: int) -> bool:
    try:
        return WORKER_COMMAND[-1].encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # it has just ended
        return False


def worker_id() -> int:
    (worker,) = counting_processes()
    return worker


async def count(play: Stage, text: str) -> httpx.Response:
    return await play.client.post(PATH, json={"model": "gpt-5.4", "input": text})


@pytest.mark.parametrize("path", [PATH, "/responses/input_tokens", "/backend-api/codex/responses/input_tokens"])
async def test_a_text_is_counted_with_the_models_vocabulary(tmp_path: Path, path: str) -> None:
    text = "<|endoftext|> is only text, 😀 too. " * 200
    exact = len(bpe_openai.get_encoding("o200k_base").encode_ordinary(text))
    async with stage(tmp_path) as play:
        reply = await play.client.post(path, json={"model": "gpt-5.4", "input": text})
        assert await play.asked() == []
    assert reply.json() == {"object": "response.input_tokens", "input_tokens": -(-(exact + 4) * 104 // 100)}
    assert reply.headers["x-codex-proxy-notes"] == "input_tokens;approximated"


async def test_counting_needs_no_account(tmp_path: Path) -> None:
    async with stage(tmp_path, AUTH__JWT_TOKEN="null") as play:
        assert (await play.chat()).status_code == 503
        assert (await count(play, "hello")).json()["input_tokens"] == 6


async def test_the_official_sdk_reads_the_count(tmp_path: Path) -> None:
    async with stage(tmp_path) as play, openai.AsyncOpenAI(base_url=f"{play.url}/v1", api_key=KEY) as client:
        told = await client.responses.input_tokens.count(model="gpt-5.4", input="hello", instructions="be brief")
    assert (told.object, told.input_tokens) == ("response.input_tokens", 12)


async def test_a_stream_runs_to_its_end_while_25_counts_wait(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: one}, {delay_ms: 10}, {text: ' two'}]}]") as play:
        await count(play, "start the process")
        os.kill(worker_id(), signal.SIGSTOP)
        async with asyncio.TaskGroup() as tasks:
            counts = [tasks.create_task(count(play, f"{number} {'word ' * 2000}")) for number in range(BURST)]
            assert chat_text(await play.chat(stream=True)) == "one two"
            assert not any(task.done() for task in counts)
            os.kill(worker_id(), signal.SIGCONT)
    replies = [task.result() for task in counts]
    assert [reply.headers["x-codex-proxy-notes"] for reply in replies] == ["input_tokens;approximated"] * BURST
    assert len({reply.json()["input_tokens"] for reply in replies}) == 1


async def test_a_killed_counting_process_is_replaced(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        first = await count(play, "one")
        os.kill(worker_id(), signal.SIGKILL)
        second = await count(play, "two")
    assert first.json() == second.json()
    assert second.headers["x-codex-proxy-notes"] == "input_tokens;approximated"


async def test_a_stopped_gateway_leaves_no_process(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        await count(play, "one")
        assert worker_id()
    assert counting_processes() == []
