"""Capsules played again: the same comes of them, or it is told what does not."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from codex_proxy.cli.capsules.replaying import Verdict, as_json, replay, show
from codex_proxy.operations.capsules.capsule import read_capsule
from codex_proxy.operations.capsules.comparing import Difference
from tests.operations.capsules.samples import QUESTION, call, capsule
from tests.operations.capsules.samples import kept as kept_text
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
    for verdict in await asyncio.gather(*map(replay, capsules)):
        assert (verdict.same, verdict.differences, verdict.not_compared) == (True, (), ())


async def test_what_has_changed_is_told() -> None:
    refused = '{"error":{"message":"no","type":"invalid_request_error"}}'
    digest = QUESTION.replace("hi", "[2000 characters of base64, sha256 00]")
    verdict = await replay(capsule(call(refused, status=400), question=kept_text(digest)))
    assert [each.what for each in verdict.differences] == ["attempts", "status", "failure", "the client's answer"]
    assert not verdict.same
    assert "digest" in verdict.doubts[0]


@pytest.mark.parametrize("lines", [(), ("- 200", "+ \x1b[31m[bold]502")])
@pytest.mark.parametrize("same", [True, False])
def test_the_verdict_obeys_nothing_that_stands_in_it(lines: tuple[str, ...], *, same: bool) -> None:
    out = io.StringIO()
    found = () if same else (Difference(what="status", then="200", now="\x1b[31m[bold]502", lines=lines),)
    verdict = Verdict(same=same, differences=found, not_compared=("an answer",), doubts=("a doubt",))
    show(Console(file=out, soft_wrap=True), capsule(record={"id": "req_\x1b]0;title\x07"}), verdict)
    assert "\x1b" not in out.getvalue()
    assert ("[bold]502" in out.getvalue()) is not same
    assert ("an answer" in out.getvalue()) is ("a doubt" in out.getvalue()) is True
    assert json.loads(as_json(verdict))["same"] is same
