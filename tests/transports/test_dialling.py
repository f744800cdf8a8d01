"""Connections through proxies of every kind, to an address and never to a name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from codex_proxy.operations.egress.addresses import ProxyAddress, parse_proxy
from codex_proxy.operations.egress.checks import NotThrough
from codex_proxy.transports.dialling import dial
from tests.transports.recording_proxy import recording_proxy
from tests.transports.test_http import free_port

PLAIN = ssl.create_default_context()
LOGIN = ("us er", "p:%@/ä")
SECRET = "s3cr3t"


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """The port of a server that says back what it hears, once."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def said_back(egress: ProxyAddress, port: int, trusted: ssl.SSLContext = PLAIN) -> bytes:
    reader, writer = await dial(egress, address="127.0.0.1", port=port, trusted=trusted)
    writer.write(b"hello")
    answer = await reader.read()
    writer.close()
    return answer


async def refusal(url: str, *, address: str = "127.0.0.1") -> str:
    with pytest.raises(NotThrough) as caught:
        await dial(parse_proxy(url), address=address, port=9, trusted=PLAIN)
    return str(caught.value)


@pytest.mark.parametrize("credentials", [None, LOGIN])
@pytest.mark.parametrize(("scheme", "way"), [("http", "connect"), ("socks5", "socks5"), ("socks5h", "socks5")])
async def test_what_is_said_goes_through_the_proxy(scheme: str, way: str, credentials: tuple[str, str] | None) -> None:
    async with recording_proxy(credentials=credentials) as proxy, echo() as port:
        assert await said_back(parse_proxy(proxy.url(scheme)), port) == b"hello"
    [passage] = proxy.passages
    assert (passage.way, passage.target) == (way, f"127.0.0.1:{port}")
    assert passage.user == (credentials and credentials[0])


async def test_a_proxy_may_be_spoken_to_over_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with recording_proxy(tls=context, credentials=LOGIN) as proxy, echo() as port:
        assert await said_back(parse_proxy(proxy.url("https")), port, trusting) == b"hello"
        assert await refusal(proxy.url("https")) == "no TLS can be spoken with it"
    assert len(proxy.passages) == 1


async def test_ipv6_addresses_are_spelled_as_each_protocol_wants_them() -> None:
    async with recording_proxy() as proxy:
        for scheme in ("http", "socks5"):
            assert "it would not connect" in await refusal(proxy.url(scheme), address="::1")
    assert [passage.target for passage in proxy.passages] == ["[::1]:9", "[0000:0000:0000:0000:0000:0000:0000:0001]:9"]


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_dead_proxy_cannot_be_reached(scheme: str) -> None:
    words = await refusal(f"{scheme}://user:{SECRET}@127.0.0.1:{free_port()}")
    assert words == "it cannot be reached"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("login", [f"user:{SECRET}@", ""])
async def test_a_proxy_that_wants_other_credentials_says_so(scheme: str, login: str) -> None:
    async with recording_proxy(credentials=LOGIN) as proxy:
        words = await refusal(f"{scheme}://{login}127.0.0.1:{proxy.port}")
    assert words in {"it wants other credentials", "it wants other credentials (407)"}
    assert proxy.passages == []


@pytest.mark.parametrize(
    ("scheme", "answer", "words"),
    [
        ("http", b"HTTP/1.1 302 Elsewhere\r\n\r\n", "it would not connect (status 302)"),
        ("http", b"HTTP/1.1 502 No\r\n\r\n", "it would not connect (status 502)"),
        ("http", b"SSH-2.0-OpenSSH\r\n\r\n", "it does not speak HTTP"),
        ("http", b"", "it broke off"),
        ("http", b"x" * 20_000, "it broke off"),
        ("socks5", b"HTTP/1.1 400 Bad\r\n\r\n", "it does not speak SOCKS5"),
        ("socks5", b"\5\xff", "it wants other credentials"),
        ("socks5", b"\5\0\5\5\0\1\0\0\0\0\0\0", "it would not connect: the host refused it"),
        ("socks5", b"\5\0\5\x63\0\1\0\0\0\0\0\0", "it would not connect: it does not say why"),
        ("socks5", b"\5", "it broke off"),
    ],
)
async def test_a_proxy_that_does_not_connect_is_told_in_words(scheme: str, answer: bytes, words: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await refusal(f"{scheme}://127.0.0.1:{port}") == words


async def test_a_proxy_may_answer_with_a_name() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\5\0")
        await reader.readexactly(10)
        writer.write(b"\5\0\0\3\4host\0\x50" + b"hello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await said_back(parse_proxy(f"socks5://127.0.0.1:{port}"), 9) == b"hello"
