"""A way through egress proxies for a client that would tell them names: a SOCKS5 stand-in on loopback.

The HTTP client sends a host's name to ``http``, ``https`` and ``socks5h`` proxies, whatever it was told the name
resolves to, and lets TLS verify nothing but the URL's host; to a ``socks5`` proxy it sends the address.  So it is given
this one, which asks the egress proxy for the address that was checked and passes bytes on; TLS stays the client's own.

Rules of this file: only who holds the password for an egress and an address gets there, and only through that egress.
Source: RFC 1928 and RFC 1929; pyreqwest 0.15.1, measured; https://github.com/seanmonstar/reqwest/issues/2390.
"""

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
import ssl
from typing import Final

from codex_proxy.operations.egress.addresses import parse_proxy
from codex_proxy.operations.egress.checks import NotThrough
from codex_proxy.transports.dialling import Streams, dial

LOOPBACK: Final = "127.0.0.1"
_VERSION: Final = 5
_LOGIN: Final = 2
_NO_WAY_IN: Final = 0xFF
_LOGIN_VERSION: Final = 1
_CONNECT: Final = 1
_ADDRESS_BYTES: Final = {1: 4, 4: 16}
_PORT_BYTES: Final = 2
_READ_BYTES: Final = 65_536
_NO_ADDRESS: Final = bytes((0, 1)) + bytes(6)
_GRANTED, _NOT_ALLOWED, _REFUSED = 0, 2, 5
_TOOK_TOO_LONG: Final = "it took too long"


class _NotOurs(Exception):
    """Whoever connected is none of our clients."""


class EgressRelay:
    """The stand-in; it begins to listen when it is needed first.  ``close`` when done.

    ``secret`` is what passwords are made of, fresh for each process; ``trusted_pem`` as for the upstream, here for
    proxies that are spoken to over TLS; ``connect_seconds`` is how long a proxy may take to connect; it may be
    set anew.
    """

    def __init__(self, *, secret: bytes, trusted_pem: bytes | None = None, connect_seconds: float = 10.0) -> None:
        self._secret = secret
        self._trusted_pem = trusted_pem
        self.connect_seconds = connect_seconds
        self._egress_urls: list[str] = []
        self._troubles: dict[str, str] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self._starting = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._trusted: ssl.SSLContext | None = None

    async def proxy_url(self, egress_url: str, *, address: str, port: int) -> str:
        """The ``socks5`` proxy through which a client gets to this address by way of the egress; always the same."""
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        if egress_url not in self._egress_urls:
            self._egress_urls.append(egress_url)
        listening_port = self._server.sockets[0].getsockname()[1]
        password = self._password(egress_url, address, port)
        return f"socks5://{self._egress_urls.index(egress_url)}:{password}@{LOOPBACK}:{listening_port}"

    def trouble(self, egress_url: str) -> str | None:
        """Why the egress let nobody through the last time, in words for its owner; None where it did."""
        return self._troubles.get(egress_url)

    async def close(self) -> None:
        """End everything that passes."""
        if self._server is not None:
            self._server.close()
        for writer in [*self._open]:
            writer.transport.abort()

    def _password(self, egress_url: str, address: str, port: int) -> str:
        told = f"{egress_url}\0{ipaddress.ip_address(address).packed.hex()}\0{port}"
        return hmac.new(self._secret, told.encode(), hashlib.sha256).hexdigest()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, _NotOurs):
                there = await self._let_through(reader, writer)
                if there is not None:
                    await _pass((reader, writer), there)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _let_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
        egress_url, password = await self._greet(reader, writer)
        address, port = await _target(reader)
        if not hmac.compare_digest(password, self._password(egress_url, address, port).encode()):
            writer.write(bytes((_VERSION, _NOT_ALLOWED)) + _NO_ADDRESS)
            return None
        try:
            there = await self._dial(egress_url, address, port)
        except NotThrough as error:
            self._troubles[egress_url] = str(error)
            writer.write(bytes((_VERSION, _REFUSED)) + _NO_ADDRESS)
            return None
        self._troubles.pop(egress_url, None)
        writer.write(bytes((_VERSION, _GRANTED)) + _NO_ADDRESS)
        return there

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, bytes]:
        """The egress that the client's user name stands for, and its password."""
        version, methods_count = await reader.readexactly(2)
        methods = await reader.readexactly(methods_count)
        if version != _VERSION or _LOGIN not in methods:
            writer.write(bytes((_VERSION, _NO_WAY_IN)))
            raise _NotOurs
        writer.write(bytes((_VERSION, _LOGIN)))
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        known = user.isdigit() and int(user) < len(self._egress_urls)
        writer.write(bytes((_LOGIN_VERSION, 0 if known else 1)))
        if not known:
            raise _NotOurs
        return self._egress_urls[int(user)], password

    async def _dial(self, egress_url: str, address: str, port: int) -> Streams:
        if self._trusted is None:
            self._trusted = await asyncio.to_thread(_context, self._trusted_pem)  # reads files
        try:
            async with asyncio.timeout(self.connect_seconds):
                return await dial(parse_proxy(egress_url), address=address, port=port, trusted=self._trusted)
        except TimeoutError:
            raise NotThrough(_TOOK_TOO_LONG) from None


def _context(trusted_pem: bytes | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trusted_pem is not None:
        context.load_verify_locations(cadata=trusted_pem.decode("ascii"))
    return context


async def _target(reader: asyncio.StreamReader) -> tuple[str, int]:
    """The address and the port that are asked for; a name is nobody's of ours."""
    _, command, _, kind = await reader.readexactly(4)
    if command != _CONNECT or kind not in _ADDRESS_BYTES:
        raise _NotOurs
    address = ipaddress.ip_address(await reader.readexactly(_ADDRESS_BYTES[kind]))
    return str(address), int.from_bytes(await reader.readexactly(_PORT_BYTES), "big")


async def _pass(here: Streams, there: Streams) -> None:
    """Hand bytes on in both directions until either side is done."""
    async with asyncio.TaskGroup() as both:
        both.create_task(_pump(here[0], there[1]))
        both.create_task(_pump(there[0], here[1]))


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(_READ_BYTES):
            to.write(piece)
            await to.drain()
    to.close()
