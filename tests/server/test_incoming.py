"""Ids of a request: ours always, the client's only where it is harmless."""

import pytest

from codex_proxy.protocols.base import WireReply
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Incoming, id_headers


def test_our_id_is_always_ours() -> None:
    assert id_headers("req_1", {"x-request-id": "theirs"}) == {"x-request-id": "req_1", "x-client-request-id": "theirs"}


@pytest.mark.parametrize("hostile", ["a b", "x" * 129, "a\r\nset-cookie: b", ""])
def test_an_unfit_client_id_is_not_echoed(hostile: str) -> None:
    assert id_headers("req_1", {"x-client-request-id": hostile}) == {"x-request-id": "req_1"}


async def test_a_head_request_gets_headers_only() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    incoming = Incoming(
        method="HEAD", path="/", query="", headers={}, request_id="req_1",
        common_headers={"x-request-id": "req_1"}, receive=receive, send=send,
    )  # fmt: skip
    await incoming.reply(WireReply(status=200, body=b"long"))
    assert sent[1]["body"] == b""
    assert (b"x-request-id", b"req_1") in sent[0]["headers"]
