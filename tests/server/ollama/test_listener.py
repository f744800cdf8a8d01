"""The bridge's listener on real sockets."""

import httpx
import pytest

from codex_proxy.operations.ollama_bridge import BridgeListener, CannotOpen
from codex_proxy.server.asgi import Receive, Scope, Send
from codex_proxy.server.listeners import bind
from codex_proxy.server.ollama.listener import OllamaListener


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def test_it_opens_and_closes_and_opens_again() -> None:
    listener: BridgeListener = OllamaListener(lambda _: hello)
    async with httpx.AsyncClient(timeout=60) as client:
        first = await listener.open("127.0.0.1", 0)
        assert (await client.get(first)).text == "hi"
        await listener.close()
        with pytest.raises(httpx.ConnectError):
            await client.get(first)
        second = await listener.open("localhost", 0)
        assert (await client.get(second)).text == "hi"
        await listener.close()
    await listener.close()


async def test_an_address_of_the_newer_protocol_is_a_legal_url() -> None:
    try:
        bind("::1", 0).close()
    except Exception as error:  # noqa: BLE001 - a machine without it has nothing to show
        assert "::1" in str(error)  # noqa: PT017
        return
    listener = OllamaListener(lambda _: hello)
    url = await listener.open("::1", 0)
    assert url.startswith("http://[::1]:")
    await listener.close()


async def test_an_address_that_cannot_be_had_is_one_sentence() -> None:
    taken = bind("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]
    listener = OllamaListener(lambda _: hello)
    with pytest.raises(CannotOpen, match=f"127.0.0.1:{port} is already in use"):
        await listener.open("127.0.0.1", port)
    with pytest.raises(CannotOpen, match="cannot listen on"):
        await listener.open("203.0.113.7", 0)
    await listener.close()
    taken.close()
