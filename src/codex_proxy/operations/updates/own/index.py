"""Reading a package index: one answer, of bounded size, in bounded time.

Rules of this file: https, or on this machine; the way out is the one that the owner's other calls take; no redirect is
followed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.gateway.ports import Route, Transport, TransportError
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.operations.updates.own.releases import ACCEPT, MAX_INDEX_BYTES, is_index
from codex_proxy.protocols.base import UpstreamCall

INDEX_SECONDS: Final = 30.0


class IndexUnread(Exception):
    """The index gave no answer; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReader:
    """Reads; ``route_of`` is the way to a base URL and raises ``TransportError`` where there is none."""

    transport: Transport
    route_of: Callable[[str], Route]

    async def read(self, url: str) -> bytes:
        """The answer to a GET.

        Raises:
            IndexUnread: there is none.
        """
        place = urlsplit(url)
        if not is_index(url) or (place.scheme != "https" and not is_loopback(place.hostname or "")):
            raise IndexUnread("the index's address is not https")
        call = UpstreamCall(method="GET", path=place.path or "/", headers=(("accept", ACCEPT),))
        try:
            async with asyncio.timeout(INDEX_SECONDS):
                return await self._body(call, self.route_of(f"{place.scheme}://{place.netloc}"))
        except TransportError as error:
            raise IndexUnread(f"the index gave no answer: {error.failure.message}") from error
        except TimeoutError:
            raise IndexUnread(f"the index gave no answer within {INDEX_SECONDS:g} seconds") from None

    async def _body(self, call: UpstreamCall, route: Route) -> bytes:
        pieces: list[bytes] = []
        size_bytes = 0
        async with self.transport.open(call, route) as reply:
            if reply.status != 200:
                raise IndexUnread(f"the index answered {reply.status}")
            while size_bytes <= MAX_INDEX_BYTES and (piece := await reply.read()):
                pieces.append(piece)
                size_bytes += len(piece)
        return b"".join(pieces)
