"""Listeners on real sockets."""

import asyncio
import socket

import pytest

from codex_proxy.server.asgi import Receive, Scope, Send
from codex_proxy.server.listeners import CannotListen, Listener, PortInUse, bind, bind_loopback


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def get(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


async def test_two_listeners_in_one_loop_stop_one_by_one() -> None:
    first, second = Listener(hello, [bind("127.0.0.1", 0)]), Listener(hello, [bind("127.0.0.1", 0)])
    await first.start()
    await second.start()
    await first.stop()
    assert (await get(*second.addresses[0])).endswith(b"hi")
    with pytest.raises(OSError, match="onnect"):
        await get(*first.addresses[0])
    await second.stop()


async def test_both_loopbacks_share_a_port() -> None:
    listener = Listener(hello, bind_loopback(0))
    await listener.start()
    assert len({port for _, port in listener.addresses}) == 1
    for host, port in listener.addresses:
        assert (await get(host, port)).endswith(b"hi")
    await listener.stop()


def test_a_busy_port_is_told_apart_from_a_foreign_address() -> None:
    taken = bind("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]
    with pytest.raises(PortInUse) as caught:
        bind("127.0.0.1", port)
    assert caught.value.port == port
    with pytest.raises(PortInUse):
        bind_loopback(port)
    taken.close()
    with pytest.raises(CannotListen):
        bind("203.0.113.7", 0)


def test_a_slow_reader_cannot_hold_megabytes_in_the_kernel() -> None:
    bound = bind("127.0.0.1", 0)
    assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 512 * 1024
    bound.close()
