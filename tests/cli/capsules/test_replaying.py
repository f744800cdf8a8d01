"""Capsules played again: the same comes of them, or it is told what does not."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from codex_proxy.cli.capsules.replaying import as_json, replay, show
from codex_proxy.operations.capsules.capsule import read_capsule
from codex_proxy.operations.capsules.comparing import Difference
from tests.operations.capsules.samples import call, capsule
from tests.scenarios.stage import Stage, stage

SCENARIO = """
rules:
  - when: {contains: refuse}
    reply: {status: 400, body: {error: {message: "{{ '{{' }} no {{ '}}' }}", type: invalid_request_error}}}
  - when: {contains: twice, request: 1, account: account-1}
    reply: {status: 503, body: {error: {message: "later"}}}
  - when: {contains: break}
    steps: [{text: some words}, {cut: true}]
"""


async def kept(play: Stage, request_id: str) -> bytes:
    """The capsule, once the request is written whole."""
    async with asyncio.timeout(20):
        while True:
            reply = await play.client.get(f"/admin/logs/{request_id}/capsule")
            if reply.status_code == 200 and reply.json()["exchange"] is not None:
                return reply.content


async def test_what_accounts_answered_comes_out_the_same(tmp_path: Path) -> None:
    capsules = []
    async with stage(tmp_path, SCENARIO, LOGS__CAPTURE_BODY="true") as play:
        for text, stream in (("hello", True), ("refuse", False), ("twice", False), ("break", True)):
            reply = await play.chat(text, stream=stream)
            capsules.append(read_capsule(await kept(play, reply.headers["x-request-id"])))
    outcomes = [each.record["failure"] for each in capsules]
    assert outcomes == [None, "invalid_request", None, "disconnected"]
    for each in capsules:
        assert await replay(each) == ()


async def test_what_has_changed_is_told() -> None:
    refused = '{"error":{"message":"no","type":"invalid_request_error"}}'
    told = await replay(capsule(call(refused, status=400)))
    assert [each.what.partition(",")[0] for each in told] == ["status", "failure", "attempts", "answer"]


@pytest.mark.parametrize("found", [(), (Difference(what="status", then="200", now="\x1b[31m[bold]502"),)])
def test_the_verdict_obeys_nothing_that_stands_in_it(found: tuple[Difference, ...]) -> None:
    out = io.StringIO()
    show(Console(file=out, soft_wrap=True), capsule(record={"id": "req_\x1b]0;title\x07"}), found)
    assert "\x1b" not in out.getvalue()
    assert ("[bold]502" in out.getvalue()) is bool(found)
    assert json.loads(as_json(found))["same"] is not bool(found)
