"""Endpoints for Codex clients only."""

import pytest

from codex_proxy.canonical.failure import Failure
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.passed import CodexClientsOnly
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Incoming


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"originator": "codex_exec"}, 200),
        ({"user-agent": "Codex Desktop/0.169.0"}, 200),
        ({"x-codex-window-id": "w:0"}, 200),
        ({"user-agent": "OpenAI/Python 3.54.0"}, 404),
        ({}, 404),
    ],
)
async def test_others_are_told_that_there_is_nothing(headers: dict[str, str], status: int) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def endpoint(incoming: Incoming) -> None:
        await incoming.reply(WireReply(status=200, body=b"{}"))

    def encode_failure(failure: Failure, request_id: str) -> WireReply:
        return WireReply(status=404, body=failure.message.encode())

    incoming = Incoming(
        method="POST",
        path="/v1/alpha/search",
        query="",
        headers=headers,
        request_id="req_1",
        receive=receive,
        send=send,
    )
    await CodexClientsOnly(endpoint, encode_failure)(incoming)
    assert sent[0]["status"] == status
    assert (b"/v1/alpha/search" in sent[1]["body"]) is (status == 404)
