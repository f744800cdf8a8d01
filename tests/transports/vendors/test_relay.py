"""The stand-in on loopback: whom it lets through, and where to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from codex_proxy.transports.vendors.relay import EgressRelay
from tests.transports.recording_proxy import recording_proxy
from tests.transports.test_dialling import echo
from tests.transports.test_http import free_port

HOME = "127.0.0.1"
PACKED = bytes((127, 0, 0, 1))


@asynccontextmanager
async def relay(*, connect_seconds: float = 3.0) -> AsyncIterator[EgressRelay]:
    made = EgressRelay(secret=b"of this test", connect_seconds=connect_seconds)
    try:
        yield made
    finally:
        await made.close()


class Visitor:
    """A SOCKS5 client that says what it likes."""

    def __init__(self, proxy_url: str) -> None:
        self.place = urlsplit(proxy_url)

    async def ask(self, target: bytes, *, user: str | None = None, greeting: bytes = b"\5\1\2") -> bytes:
        """What comes back for a target in wire form; after a grant, what comes back for ``hello``."""
        reader, writer = await asyncio.open_connection(self.place.hostname, self.place.port)
        name, password = (user or self.place.username or "").encode(), (self.place.password or "").encode()
        try:
            writer.write(greeting)
            if await reader.read(2) != b"\5\2":
                return b"not greeted"
            writer.write(bytes((1, len(name))) + name + bytes((len(password),)) + password)
            if await reader.read(2) != b"\1\0":
                return b"not known"
            writer.write(b"\5\1\0" + target)
            told = await reader.read(10)
            if told[1:2] != b"\0":
                return told[:2]
            writer.write(b"hello")
            return await reader.read()
        finally:
            writer.close()


def target(port: int) -> bytes:
    return b"\1" + PACKED + port.to_bytes(2, "big")


async def test_who_has_the_password_gets_to_the_address_it_is_for_and_nowhere_else() -> None:
    async with recording_proxy() as proxy, echo() as port, relay() as made:
        visitor = Visitor(await made.proxy_url(proxy.url(), address=HOME, port=port))
        assert await visitor.ask(target(port)) == b"hello"
        assert await visitor.ask(target(port + 1)) == b"\5\2"
        assert await visitor.ask(b"\1" + bytes((127, 0, 0, 2)) + port.to_bytes(2, "big")) == b"\5\2"
        assert await visitor.ask(b"\3\11localhost" + port.to_bytes(2, "big")) == b""
    assert [passage.target for passage in proxy.passages] == [f"{HOME}:{port}"]


async def test_nobody_else_is_let_in() -> None:
    async with recording_proxy() as proxy, recording_proxy() as other, relay() as made:
        visitor = Visitor(await made.proxy_url(proxy.url(), address=HOME, port=9))
        await made.proxy_url(other.url(), address=HOME, port=9)
        assert await visitor.ask(target(9), greeting=b"\5\1\0") == b"not greeted"
        assert await visitor.ask(target(9), greeting=b"\4\1\2") == b"not greeted"
        assert await visitor.ask(target(9), user="7") == b"not known"
        assert await visitor.ask(target(9), user="x") == b"not known"
        assert await visitor.ask(target(9), user="1") == b"\5\2"
    assert (proxy.connections_count, other.connections_count) == (0, 0)


async def test_an_address_of_either_family_is_passed_on_as_an_address() -> None:
    async with recording_proxy() as proxy, echo() as port, relay() as made:
        proxy.detour = port
        visitor = Visitor(await made.proxy_url(proxy.url(), address="2606:4700::1111", port=443))
        packed = bytes.fromhex("26064700000000000000000000001111")
        assert await visitor.ask(b"\4" + packed + (443).to_bytes(2, "big")) == b"hello"
    assert [passage.target for passage in proxy.passages] == ["[2606:4700::1111]:443"]


async def test_the_same_way_has_the_same_url_and_trouble_is_told_until_it_is_over() -> None:
    async with recording_proxy() as proxy, echo() as port, relay() as made:
        egress_url = proxy.url()
        first = await made.proxy_url(egress_url, address=HOME, port=port)
        assert await made.proxy_url(egress_url, address=HOME, port=port) == first
        assert await made.proxy_url(egress_url, address=HOME, port=port + 1) != first
        proxy.refusal = b"HTTP/1.1 502 Nobody there\r\ncontent-length: 0\r\n\r\n"
        assert made.trouble(egress_url) is None
        assert await Visitor(first).ask(target(port)) == b"\5\5"
        assert made.trouble(egress_url) == "it would not connect (status 502)"
        proxy.refusal = None
        assert await Visitor(first).ask(target(port)) == b"hello"
        assert made.trouble(egress_url) is None


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
async def test_an_egress_proxy_that_is_not_there(scheme: str) -> None:
    async with relay() as made:
        egress_url = f"{scheme}://{HOME}:{free_port()}"
        visitor = Visitor(await made.proxy_url(egress_url, address=HOME, port=9))
        assert await visitor.ask(target(9)) == b"\5\5"
        assert made.trouble(egress_url) == "it cannot be reached"


async def test_an_egress_proxy_that_says_nothing_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, HOME, 0)
    async with server, relay(connect_seconds=0.1) as made:
        egress_url = f"http://{HOME}:{server.sockets[0].getsockname()[1]}"
        visitor = Visitor(await made.proxy_url(egress_url, address=HOME, port=9))
        assert await visitor.ask(target(9)) == b"\5\5"
        assert made.trouble(egress_url) == "it took too long"


async def test_closing_ends_what_passes_and_a_relay_that_never_listened_closes_too() -> None:
    await EgressRelay(secret=b"x").close()
    async with recording_proxy() as proxy, relay() as made:
        held = asyncio.Event()

        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hold, HOME, 0)
        async with server, asyncio.TaskGroup() as tasks:
            port = server.sockets[0].getsockname()[1]
            visitor = Visitor(await made.proxy_url(proxy.url(), address=HOME, port=port))
            answer = tasks.create_task(_answer(visitor, port))
            await held.wait()
            await made.close()
        assert answer.result() in {b"", b"broken off"}


async def _answer(visitor: Visitor, port: int) -> bytes:
    try:
        return await visitor.ask(target(port))
    except ConnectionError:
        return b"broken off"
