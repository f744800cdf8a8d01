"""Connections that come about, and such as do not, on this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from codex_proxy.operations.health.connection import Unreached
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.probing.links import Links

HERE = "127.0.0.1"


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that takes connections and says nothing."""

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(silent, HERE, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_name_of_ours_is_resolved_and_connected_to() -> None:
    links = Links(UrlGuard())
    async with listening() as port:
        url = f"http://localhost:{port}/backend-api"
        assert HERE in await links.resolve(url, allow_private=None)
        assert await links.connect(url, HERE) == "connected"


async def test_tls_is_agreed_upon_with_who_is_trusted_only() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = Links(UrlGuard(), trusted_pem=authority.cert_pem.bytes())
    async with listening(context) as port:
        assert await trusting.connect(f"https://localhost:{port}", HERE) == "connected, TLSv1.3"
        with pytest.raises(Unreached, match="not trusted"):
            await Links(UrlGuard()).connect(f"https://localhost:{port}", HERE)
    async with listening() as port:
        with pytest.raises(Unreached):
            await trusting.connect(f"https://localhost:{port}", HERE)


async def test_where_nobody_listens_there_is_no_connection() -> None:
    async with listening() as port:
        pass
    with pytest.raises(Unreached, match="refused"):
        await Links(UrlGuard()).connect(f"http://localhost:{port}", HERE)


async def test_an_address_that_a_user_gave_passes_the_guard() -> None:
    async def resolve(name: str, port: int) -> list[str]:
        return ["169.254.169.254"] if name == "metadata.example" else ["10.0.0.1"]

    links = Links(UrlGuard(resolve=resolve))
    for url, allowed in (("https://metadata.example", True), ("https://private.example", False)):
        with pytest.raises(Unreached, match="leads to"):
            await links.resolve(url, allow_private=allowed)
    assert await links.resolve("https://private.example", allow_private=True) == ("10.0.0.1",)


async def test_what_is_no_url_or_has_no_address_is_said() -> None:
    links = Links(UrlGuard())
    with pytest.raises(Unreached, match="no URL"):
        await links.connect("http://localhost:port", HERE)
    with pytest.raises(Unreached, match="no address"):
        await links.resolve(f"http://{'a' * 70}.localhost", allow_private=None)
