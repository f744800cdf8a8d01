"""An egress proxy on loopback that notes what passes: HTTP and SOCKS5 on one port, with credentials if it wants them.

What it lets through leaves from an address of its own, so that the other end can tell who came through which proxy.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from tests.waiting import until

HOME = "127.0.0.1"
_SOCKS_VERSION = 5
_NO_CREDENTIALS, _CREDENTIALS, _NO_WAY_IN = 0, 2, 0xFF
_TARGET_SIZES = {1: 4, 4: 16}
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One request to let somebody through: ``way`` is ``connect``, ``forward`` or ``socks5``."""

    way: str
    target: str
    user: str | None = None


class RecordingProxy:
    """``passages`` is what it let through, in order; ``refused_count`` how often it did not; ``user_agents`` who asked.

    ``refusal`` is a whole HTTP answer that everybody gets instead of a passage, ``socks_refusal`` a number that says
    the same in SOCKS5; ``is_closed`` lets nobody log in; ``detour`` is a port of this machine that everybody gets to,
    whatever the target, which is noted as asked for.
    """

    def __init__(self, *, credentials: tuple[str, str] | None, leaves_from: str) -> None:
        self.passages: list[Passage] = []
        self.user_agents: list[str] = []
        self.connections_count = 0
        self.refused_count = 0
        self.refusal: bytes | None = None
        self.detour: int | None = None
        self.socks_refusal: int | None = None
        self.is_closed = False
        self.port = 0
        self._credentials = credentials
        self._leaves_from = leaves_from
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def open_count(self) -> int:
        """Connections of callers that are open now."""
        return len(self._open)

    def url(self, scheme: str = "http") -> str:
        """How it is reached, with its credentials."""
        login = "" if self._credentials is None else ":".join(quote(part, safe="") for part in self._credentials) + "@"
        return f"{scheme}://{login}127.0.0.1:{self.port}"

    async def start(self, *, tls: ssl.SSLContext | None = None) -> None:
        """Listen, where it listened before if it did."""
        self._server = await asyncio.start_server(self._serve, HOME, self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, with everything that passes."""
        if self._server is not None:
            self._server.close()
            for writer in [*self._open]:
                writer.transport.abort()
            await until(lambda: not self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_count += 1
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            first = await reader.readexactly(1)
            if first[0] == _SOCKS_VERSION:
                await self._serve_socks(reader, writer)
            else:
                await self._serve_http(first, reader, writer)
        self._open.discard(writer)
        writer.close()

    # ---------------------------------------------------------------------------------------------- HTTP

    async def _serve_http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        user = _user_of(head)
        self.user_agents += [value for value in [_header(head, "user-agent")] if value is not None]
        refusal = self.refusal if self._admits(user) else b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n"
        if refusal is not None:
            self.refused_count += 1
            writer.write(refusal)
            await writer.drain()
            return
        name = None if user is None else user[0]
        if method == "CONNECT":
            self.passages.append(Passage(way="connect", target=target, user=name))
            await self._connect(target, reader, writer, granted=b"HTTP/1.1 200 Go on\r\n\r\n")
            return
        place = urlsplit(target)
        self.passages.append(Passage(way="forward", target=place.netloc, user=name))
        forwarded = head.replace(f"{place.scheme}://{place.netloc}", "", 1).encode("latin-1")
        await self._connect(place.netloc, reader, writer, sent_on=forwarded)

    def _admits(self, user: tuple[str, str] | None) -> bool:
        return not self.is_closed and (self._credentials is None or user == self._credentials)

    async def _connect(
        self,
        target: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        granted: bytes = b"",
        sent_on: bytes = b"",
    ) -> None:
        try:
            there = await self._reach(target)
        except OSError:
            writer.write(b"HTTP/1.1 502 Nobody there\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(granted)
        there[1].write(sent_on)
        await _relay((reader, writer), there)

    async def _reach(self, target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = target.rpartition(":")
        place = (host.strip("[]"), int(port)) if self.detour is None else (HOME, self.detour)
        return await asyncio.open_connection(*place, local_addr=(self._leaves_from, 0))

    # --------------------------------------------------------------------------------------------- SOCKS5

    async def _serve_socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        offered = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = _NO_CREDENTIALS if self._credentials is None else _CREDENTIALS
        if wanted not in offered:
            self.refused_count += 1
            writer.write(bytes((_SOCKS_VERSION, _NO_WAY_IN)))
            return
        writer.write(bytes((_SOCKS_VERSION, wanted)))
        user = await self._login(reader, writer) if wanted == _CREDENTIALS else None
        if not self._admits(user):
            self.refused_count += 1
            return
        target = await _socks_target(reader)
        if self.socks_refusal is not None:
            self.refused_count += 1
            writer.write(bytes((_SOCKS_VERSION, self.socks_refusal, 0, 1)) + bytes(6))
            return
        self.passages.append(Passage(way="socks5", target=target, user=user[0] if user else None))
        try:
            there = await self._reach(target)
        except OSError:
            writer.write(bytes((_SOCKS_VERSION, 5, 0, 1)) + bytes(6))  # connection refused
            return
        writer.write(bytes((_SOCKS_VERSION, 0, 0, 1)) + bytes(6))
        await _relay((reader, writer), there)

    async def _login(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, str]:
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        login = user.decode(), password.decode()
        writer.write(bytes((1, 0 if self._admits(login) else 1)))
        await writer.drain()
        return login


@asynccontextmanager
async def recording_proxy(
    *, credentials: tuple[str, str] | None = None, leaves_from: str = HOME, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RecordingProxy]:
    """A proxy while the block runs; ``tls`` makes it one that is spoken to over TLS."""
    proxy = RecordingProxy(credentials=credentials, leaves_from=leaves_from)
    await proxy.start(tls=tls)
    try:
        yield proxy
    finally:
        await proxy.stop()


def _user_of(head: str) -> tuple[str, str] | None:
    shown = _header(head, "proxy-authorization")
    if shown is None:
        return None
    user, _, password = base64.b64decode(shown.split()[1]).decode().partition(":")
    return user, password


def _header(head: str, wanted: str) -> str | None:
    pairs = (line.partition(":") for line in head.split("\r\n")[1:])
    return next((value.strip() for name, _, value in pairs if name.lower() == wanted), None)


async def _socks_target(reader: asyncio.StreamReader) -> str:
    kind = (await reader.readexactly(4))[3]
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        raw = await reader.readexactly(_TARGET_SIZES[kind])
        host = ".".join(map(str, raw)) if kind == 1 else f"[{raw.hex(':', 2)}]"
    return f"{host}:{int.from_bytes(await reader.readexactly(2), 'big')}"


async def _relay(
    here: tuple[asyncio.StreamReader, asyncio.StreamWriter], there: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    async def pass_on(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(_READ_BYTES):
                to.write(piece)
                await to.drain()
        to.close()

    async with asyncio.TaskGroup() as both:
        both.create_task(pass_on(here[0], there[1]))
        both.create_task(pass_on(there[0], here[1]))
