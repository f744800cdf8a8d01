"""Connections through egress proxies to an address that was checked: CONNECT and SOCKS5, by hand.

Rules of this file: the proxy is asked for an IP address and never for a name, so that what was checked is what is
reached; there is no other way than through it.  No error holds its address or a password.  The upstream's own calls do
not come by here: they take the HTTP client's way, which the upstream knows us by.
Source: RFC 9110, section 9.3.6; RFC 1928; RFC 1929.
"""

import asyncio
import base64
import ipaddress
import ssl
from typing import Final, TypeAlias

from codex_proxy.operations.egress.addresses import ProxyAddress
from codex_proxy.operations.egress.checks import NotThrough

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

MAX_HEAD_BYTES: Final = 16 * 1024
_VERSION: Final = 5
_NO_LOGIN, _LOGIN = 0, 2
_LOGIN_VERSION: Final = 1
_CONNECT: Final = 1
_IP_V4, _NAME, _IP_V6 = 1, 3, 4
_ADDRESS_BYTES: Final = {_IP_V4: 4, _IP_V6: 16}
_PORT_BYTES: Final = 2
_REFUSALS: Final = {
    1: "it failed",
    2: "its rules do not allow it",
    3: "it reaches no network",
    4: "it does not reach the host",
    5: "the host refused it",
    6: "it took too long",
}
"""What a SOCKS5 proxy says instead of connecting."""
WANTS_LOGIN: Final = "it wants other credentials"


async def dial(egress: ProxyAddress, *, address: str, port: int, trusted: ssl.SSLContext) -> Streams:
    """A connection to ``address`` through the proxy; close the writer when done.

    Raises:
        NotThrough: the proxy is not there or will not connect.
    """
    try:
        streams = await asyncio.open_connection(
            egress.host, egress.port, ssl=trusted if egress.scheme == "https" else None, limit=MAX_HEAD_BYTES
        )
    except ssl.SSLError:
        raise NotThrough("no TLS can be spoken with it") from None
    except OSError:
        raise NotThrough("it cannot be reached") from None
    try:
        await _ask(egress, streams, ipaddress.ip_address(address), port)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        streams[1].transport.abort()
        raise NotThrough("it broke off") from None
    except BaseException:
        streams[1].transport.abort()
        raise
    return streams


async def _ask(
    egress: ProxyAddress, streams: Streams, address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    if egress.scheme.startswith("socks"):
        await _ask_socks(egress, *streams, target=_packed(address, port))
    else:
        await _ask_http(egress, *streams, target=f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}")


async def _ask_http(
    egress: ProxyAddress, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, target: str
) -> None:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if egress.username or egress.password:
        login = base64.b64encode(f"{egress.username}:{egress.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {login}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") and words[1].isdigit() else 0
    if status == 407:
        raise NotThrough(f"{WANTS_LOGIN} (407)")
    if not 200 <= status < 300:
        raise NotThrough(f"it would not connect (status {status})" if status else "it does not speak HTTP")


async def _ask_socks(
    egress: ProxyAddress, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, target: bytes
) -> None:
    has_login = bool(egress.username or egress.password)
    offered = (_NO_LOGIN, _LOGIN) if has_login else (_NO_LOGIN,)
    writer.write(bytes((_VERSION, len(offered), *offered)))
    version, method = await reader.readexactly(2)
    if version != _VERSION:
        raise NotThrough("it does not speak SOCKS5")
    if method not in offered:
        raise NotThrough(WANTS_LOGIN)
    if method == _LOGIN:
        await _log_in(egress, reader, writer)
    writer.write(bytes((_VERSION, _CONNECT, 0)) + target)
    _, refusal, _, kind = await reader.readexactly(4)
    if refusal:
        raise NotThrough(f"it would not connect: {_REFUSALS.get(refusal, 'it does not say why')}")
    size_bytes = (await reader.readexactly(1))[0] if kind == _NAME else _ADDRESS_BYTES.get(kind, 0)
    await reader.readexactly(size_bytes + _PORT_BYTES)


async def _log_in(egress: ProxyAddress, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    username, password = egress.username.encode(), egress.password.encode()
    writer.write(bytes((_LOGIN_VERSION, len(username))) + username + bytes((len(password),)) + password)
    _, refusal = await reader.readexactly(2)
    if refusal:
        raise NotThrough(WANTS_LOGIN)


def _packed(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> bytes:
    kind = _IP_V4 if address.version == 4 else _IP_V6
    return bytes((kind,)) + address.packed + port.to_bytes(_PORT_BYTES, "big")
