"""Asks, through an egress proxy, for the address that calls come out at.

Rules of this file: the check's URL passes the guard like any that a user gave, and the connection goes to the address
that was checked; redirects are not followed.  No more of an answer is read than an address needs.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

import httptools

from codex_proxy.operations.egress.addresses import ForbiddenProxy, InvalidProxy, parse_proxy
from codex_proxy.operations.egress.checks import ExitAnswer, NotThrough
from codex_proxy.transports.addresses import STAYS_HERE, is_here
from codex_proxy.transports.dialling import Streams, dial
from codex_proxy.transports.guard import AddressRefused, CheckedUrl, UrlGuard

MAX_BODY_BYTES: Final = 4096
_READ_BYTES: Final = 4096
_USER_AGENT: Final = "codex-proxy"
_LENGTHS: Final = frozenset({b"content-length", b"transfer-encoding"})
_BROKE_OFF: Final = "the connection through it broke off"


class GuardedProbe:
    """Implements the checks' ``ExitProbe``; ``trusted_pem`` as for the upstream.

    ``only_here`` asks no proxy beyond this machine.
    """

    def __init__(
        self,
        guard: UrlGuard,
        *,
        allow_private: bool = False,
        trusted_pem: bytes | None = None,
        only_here: bool = False,
    ) -> None:
        self._guard = guard
        self._only_here = only_here
        self._allow_private = allow_private
        self._trusted = None if trusted_pem is None else _trusting(trusted_pem)

    async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
        """See ``ExitProbe``."""
        try:
            egress = parse_proxy(egress_url)
            checked = await self._guard.check(check_url, allow_private=self._allow_private)
        except ForbiddenProxy as forbidden:
            raise NotThrough(str(forbidden)) from None
        except InvalidProxy:
            raise NotThrough("its address cannot be read") from None
        except AddressRefused as refused:
            raise NotThrough(f"the check's URL is not asked: {refused}") from None
        if self._only_here and not is_here(egress.host):
            raise NotThrough(f"it is elsewhere, and {STAYS_HERE}")
        if self._trusted is None:  # reading the system's certificates takes longer than all else at a start
            self._trusted = await asyncio.to_thread(_trusting, None)
        streams = await dial(egress, address=checked.address, port=checked.port, trusted=self._trusted)
        try:
            return await _exchange(checked, streams, self._trusted)
        except ssl.SSLCertVerificationError:
            raise NotThrough("the checked site's certificate is not trusted: somebody between reads along") from None
        except (OSError, httptools.HttpParserError, asyncio.IncompleteReadError):
            raise NotThrough(_BROKE_OFF) from None
        finally:
            streams[1].transport.abort()


def _trusting(pem: bytes | None) -> ssl.SSLContext:
    """Trust in the system's authorities, and in one more."""
    context = ssl.create_default_context()
    if pem is not None:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    return context


async def _exchange(checked: CheckedUrl, streams: Streams, trusted: ssl.SSLContext) -> ExitAnswer:
    reader, writer = streams
    url = urlsplit(checked.url)
    if url.scheme == "https":
        await writer.start_tls(trusted, server_hostname=checked.name or checked.address)
    lines = [
        f"GET {url.path or '/'}{'?' if url.query else ''}{url.query} HTTP/1.1",
        f"Host: {url.netloc}",
        f"User-Agent: {_USER_AGENT}",
        "Accept: */*",
        "Connection: close",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
    await writer.drain()
    return await _answer(reader)


class _Reading:
    """What httptools tells of an answer; its method names are httptools'.

    ``may_end`` where the end of the connection is the end of the answer.
    """

    def __init__(self) -> None:
        self.body = b""
        self.is_whole = False
        self.may_end = False
        self._has_length = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._has_length |= name.lower() in _LENGTHS

    def on_headers_complete(self) -> None:
        self.may_end = not self._has_length

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


async def _answer(reader: asyncio.StreamReader) -> ExitAnswer:
    reading = _Reading()
    parser = httptools.HttpResponseParser(reading)
    while not reading.is_whole and len(reading.body) < MAX_BODY_BYTES:
        piece = await reader.read(_READ_BYTES)
        if piece:
            parser.feed_data(piece)
        elif reading.may_end:
            break
        else:
            raise NotThrough(_BROKE_OFF)
    return ExitAnswer(status=parser.get_status_code(), body=reading.body[:MAX_BODY_BYTES])
