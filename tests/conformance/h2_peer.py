"""The other end of an HTTP/2 connection over TLS, which notes how its caller opens it and what it asks, in order.

Rules of this file: frames are read one by one; no HTTP/2 library puts anything in order before it is noted.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme
from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, PriorityFrame, SettingsFrame, WindowUpdateFrame

from tests.conformance.client_hello import ClientHello, hello_size, parse_hello
from tests.waiting import until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD_BYTES = 9


@dataclass(slots=True, kw_only=True)
class Opened:
    """One connection as it was opened, and the header lists of its requests.

    ``settings`` and ``window_increment`` are what came before the first request; ``cookies_given`` what each answer
    sets.
    """

    hello: ClientHello
    protocol: str | None = None
    settings: list[tuple[int, int]] = field(default_factory=list)
    window_increment: int = 0
    priorities_count: int = 0
    requests: list[list[tuple[str, str]]] = field(default_factory=list)

    def names(self, place: int = -1) -> list[str]:
        """The names of a request's headers, in order."""
        return [name for name, _ in self.requests[place]]

    def header(self, name: str, place: int = -1) -> str:
        """A request's header."""
        return dict(self.requests[place])[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class H2Peer:
    """Where it listens, whose certificate to trust, and the connections it had."""

    url: str
    trusted_pem: bytes
    connections: list[Opened]


@asynccontextmanager
async def h2_peer(*, set_cookie: str = "__cf_bm=1; path=/") -> AsyncIterator[H2Peer]:
    """A peer on ``https://localhost`` while the block runs; it answers everything with an empty 200."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert("localhost").configure_cert(context)
    connections: list[Opened] = []
    running: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(writer)
        with contextlib.suppress(OSError, EOFError):
            await _Connection(reader, writer, context).serve(connections, set_cookie)
        running.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield H2Peer(
            url=f"https://localhost:{server.sockets[0].getsockname()[1]}",
            trusted_pem=authority.cert_pem.bytes(),
            connections=connections,
        )
        for writer in running:
            writer.transport.abort()
        await until(lambda: not running)


class _Connection:
    """TLS by hand, so that the first record can be looked at."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._plain = b""

    async def serve(self, connections: list[Opened], set_cookie: str) -> None:
        opened = Opened(hello=await self._hello())
        connections.append(opened)
        await self._shake_hands()
        opened.protocol = self._tls.selected_alpn_protocol()
        assert await self._exactly(len(PREFACE)) == PREFACE
        await self._send(SettingsFrame(0).serialize() + SettingsFrame(0, flags=["ACK"]).serialize())
        decoder, encoder = Decoder(), Encoder()
        while True:
            frame = await self._frame()
            match frame:
                case SettingsFrame() if "ACK" not in frame.flags:
                    opened.settings = list(frame.settings.items())
                case WindowUpdateFrame(stream_id=0) if not opened.window_increment:
                    opened.window_increment = frame.window_increment
                case PriorityFrame():
                    opened.priorities_count += 1
                case HeadersFrame():
                    opened.priorities_count += "PRIORITY" in frame.flags
                    opened.requests.append([(str(name), str(value)) for name, value in decoder.decode(frame.data)])
                case _:
                    pass
            if isinstance(frame, HeadersFrame | DataFrame) and "END_STREAM" in frame.flags:
                head = encoder.encode([(":status", "200"), ("set-cookie", set_cookie)])
                answer = HeadersFrame(frame.stream_id, head, flags=["END_HEADERS", "END_STREAM"])
                await self._send(answer.serialize())

    async def _hello(self) -> ClientHello:
        record = b""
        while (size := hello_size(record)) is None or len(record) < size:
            record += await self._received()
        return parse_hello(record[:size])

    async def _received(self) -> bytes:
        piece = await self._reader.read(65_536)
        if not piece:
            raise EOFError
        self._incoming.write(piece)
        return piece

    async def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._received()
            else:
                await self._flush()
                return

    async def _frame(self) -> Frame:
        frame, size = Frame.parse_frame_header(memoryview(await self._exactly(_FRAME_HEAD_BYTES)))
        frame.parse_body(memoryview(await self._exactly(size)))
        return frame

    async def _exactly(self, count: int) -> bytes:
        while len(self._plain) < count:
            try:
                piece = self._tls.read(65_536)
            except ssl.SSLWantReadError:
                await self._received()
                continue
            if not piece:
                raise EOFError
            self._plain += piece
        taken, self._plain = self._plain[:count], self._plain[count:]
        return taken

    async def _send(self, plain: bytes) -> None:
        self._tls.write(plain)
        await self._flush()

    async def _flush(self) -> None:
        self._writer.write(self._outgoing.read())
        await self._writer.drain()
