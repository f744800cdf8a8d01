"""A vendor's server on loopback, and the guarded transport towards it."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

import trustme

from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import Guarding, Route, TransportError
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.http import HttpTransport
from codex_proxy.transports.vendors.checks import AddressChecks
from codex_proxy.transports.vendors.relay import EgressRelay
from codex_proxy.transports.vendors.transport import VendorTransport
from tests.transports.names import Names
from tests.transports.wire import read_request
from tests.waiting import until

NAME = "vendor.invalid"
PUBLIC = "93.184.216.34"
HOME = "127.0.0.1"
KEY = "sk-s3cr3t"
CALL = UpstreamCall(
    method="POST", path="/chat/completions", headers=(("authorization", f"Bearer {KEY}"),), body=b'{"model":"m"}'
)
OK = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 2\r\n\r\nok"


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Vendor:
    """What it was asked, head by head, and over how many connections; ``answer`` is what it says.

    With ``cuts`` it hangs up after each answer.
    """

    def __init__(self, answer: bytes = OK, *, cuts: bool = False) -> None:
        self.heads: list[list[str]] = []
        self.connections_count = 0
        self.answer = answer
        self._cuts = cuts
        self._open: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self, *, certified: str | None = None) -> AsyncIterator[int]:
        """Its port while the block runs; over TLS where it has a certificate."""
        context = None if certified is None else certificate(certified)
        server = await asyncio.start_server(self._serve, HOME, 0, ssl=context)
        async with server:
            yield server.sockets[0].getsockname()[1]
            for writer in [*self._open]:
                writer.transport.abort()
            await until(lambda: not self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_count += 1
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                self.heads.append((await read_request(reader))[0])
                writer.write(self.answer)
                await writer.drain()
                if self._cuts:
                    break
        writer.close()
        self._open.discard(writer)


class Stage:
    """The transport over a resolver that a test scripts; ``asked`` is what was resolved."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.names = Names(*(answers or ((),)))
        self.time = Time()
        timeouts = Timeouts(connect=3.0, headers=10.0, idle=10.0)
        pem = authority().cert_pem.bytes()
        self.clients = ClientPool(timeouts=timeouts, now=self.time, trusted_pem=pem)
        self.transport = VendorTransport(
            http=HttpTransport(pool=self.clients, timeouts=timeouts),
            checks=AddressChecks(UrlGuard(resolve=self.names), now=self.time),
            relay=EgressRelay(secret=b"of this test", trusted_pem=pem, connect_seconds=3.0),
            user_agent="codex-proxy/test",
        )

    async def ask(
        self, base_url: str, *, allow_private: bool = False, egress_url: str | None = None, call: UpstreamCall = CALL
    ) -> tuple[int, bytes]:
        """One call; raises ``TransportError``."""
        async with self.transport.open(call, route(base_url, allow_private, egress_url)) as reply:
            body = b""
            while piece := await reply.read():
                body += piece
            return reply.status, body

    async def refusal(self, base_url: str, *, allow_private: bool = False, egress_url: str | None = None) -> Failure:
        """How one call failed."""
        try:
            answer = await self.ask(base_url, allow_private=allow_private, egress_url=egress_url)
        except TransportError as error:
            return error.failure
        raise AssertionError(f"it was answered {answer}")


@asynccontextmanager
async def stage(*answers: Sequence[str]) -> AsyncIterator[Stage]:
    """A stage whose resolver gives each of these answers once, the last one for ever."""
    made = Stage(*answers)
    try:
        yield made
    finally:
        await made.transport.close()


def route(base_url: str, allow_private: bool = False, egress_url: str | None = None) -> Route:
    """The route of a key of the vendor ``acme``."""
    return Route(
        base_url=base_url,
        account_id="key-1",
        egress_url=egress_url,
        egress_name=None if egress_url is None else "Frankfurt",
        guarding=Guarding(vendor="acme", allow_private=allow_private),
    )


@cache
def authority() -> trustme.CA:
    """Whom the transport trusts."""
    return trustme.CA()


def certificate(name: str) -> ssl.SSLContext:
    """A server's TLS with a certificate for this name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert(name).configure_cert(context)
    return context
