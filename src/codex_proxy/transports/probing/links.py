"""Connects to an upstream and hangs up: for whoever wants to know how far a call would get.

Rules of this file: a base URL that a user gave passes the guard, and the connection goes to the address that was
checked; nothing is sent but what TLS sends.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.operations.health.connection import Unreached
from codex_proxy.transports.guard import AddressRefused, UrlGuard, resolve_here

CONNECT_SECONDS: Final = 10.0
_PROTOCOLS: Final = ["h2", "http/1.1"]
_PORTS: Final = {"https": 443, "http": 80}


class Links:
    """Implements ``Dialling``; ``trusted_pem`` as for the upstream."""

    def __init__(self, guard: UrlGuard, *, trusted_pem: bytes | None = None) -> None:
        self._guard = guard
        self._trusted_pem = trusted_pem

    async def resolve(self, base_url: str, *, allow_private: bool | None) -> tuple[str, ...]:
        """See ``Dialling``."""
        host, port = _place(base_url)
        try:
            if allow_private is not None:
                return (await self._guard.check(base_url, allow_private=allow_private, carries_key=True)).addresses
            async with asyncio.timeout(CONNECT_SECONDS):
                return tuple(await resolve_here(host, port))
        except AddressRefused as refused:
            raise Unreached(str(refused)) from None
        except (OSError, UnicodeError):
            raise Unreached(f"{host} has no address, or nobody told one in time") from None

    async def connect(self, base_url: str, address: str) -> str:
        """See ``Dialling``."""
        host, port = _place(base_url)
        trusted = await asyncio.to_thread(self._trusting) if urlsplit(base_url).scheme == "https" else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(
                    address, port, ssl=trusted, server_hostname=None if trusted is None else host
                )
        except ssl.SSLCertVerificationError:
            raise Unreached("the server's certificate is not trusted: somebody between may read along") from None
        except ssl.SSLError:
            raise Unreached("the server speaks no TLS that would do") from None
        except TimeoutError:
            raise Unreached(f"no connection within {CONNECT_SECONDS:g} seconds") from None
        except OSError:
            raise Unreached("the connection was refused or broke off") from None
        agreed = writer.get_extra_info("ssl_object")
        writer.transport.abort()
        return "connected" if agreed is None else f"connected, {agreed.version()}"

    def _trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(_PROTOCOLS)
        if self._trusted_pem is not None:
            context.load_verify_locations(cadata=self._trusted_pem.decode("ascii"))
        return context


def _place(base_url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(base_url)
        return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Unreached("the address is no URL") from None
