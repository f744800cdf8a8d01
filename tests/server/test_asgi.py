"""Talking ASGI, and noticing that nobody listens."""

import asyncio

import pytest

from codex_proxy.server import asgi
from codex_proxy.server.asgi import ClientGone, Message, header_map, send_message, send_reply, watch_disconnect


def test_header_names_are_lower_case_and_repeats_joined() -> None:
    scope = {"headers": [(b"X-A", b"1"), (b"x-a", b"2"), (b"Accept", b"*/*")]}
    assert header_map(scope) == {"x-a": "1, 2", "accept": "*/*"}


async def test_a_disconnect_ends_the_watch() -> None:
    messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    with pytest.raises(ClientGone):
        await watch_disconnect(receive)


@pytest.mark.parametrize("error", [RuntimeError("handler is closed"), ConnectionResetError()])
async def test_a_closed_connection_is_a_client_gone(error: Exception) -> None:
    async def send(message: Message) -> None:
        raise error

    with pytest.raises(ClientGone):
        await send_message(send, {"type": "http.response.body"})


async def test_a_reply_is_complete() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await send_reply(send, status=404, headers={"content-type": "application/json"}, body=b"{}")
    assert sent[0]["status"] == 404
    assert (b"content-length", b"2") in sent[0]["headers"]
    assert sent[1] == {"type": "http.response.body", "body": b"{}", "more_body": False}


class _StillSending:
    """A client that sends ``count`` more pieces."""

    def __init__(self, count: int) -> None:
        self.left = count

    async def __call__(self) -> Message:
        self.left -= 1
        return {"type": "http.request", "body": b"x" * 10, "more_body": self.left > 0}


async def test_a_refused_body_is_thrown_away_before_the_connection_ends() -> None:
    sent: list[Message] = []
    sending = _StillSending(3)

    async def send(message: Message) -> None:
        sent.append({**message, "left": sending.left})

    await send_reply(send, status=413, headers={}, body=b"no", unread=sending)
    assert [(message.get("body"), message.get("more_body"), message["left"]) for message in sent] == [
        (None, None, 3),
        (b"no", True, 3),
        (b"", False, 0),
    ]


async def test_a_client_that_never_stops_sending_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "LINGER_SECONDS", 0.01)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    await send_reply(send, status=413, headers={}, body=b"no", unread=receive)
    assert not sent[-1]["more_body"]
