"""Talking ASGI, and noticing that nobody listens."""

import pytest

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
