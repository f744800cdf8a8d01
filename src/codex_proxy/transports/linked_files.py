"""Files that a request gives by link, fetched here: pictures and PDFs, and nothing else.

Rules of this file: the guard decides who is asked; what comes is believed by its first bytes only, so that no other
answer of any server reaches a model; one short deadline and a ceiling for each.  What went wrong on the way is told
without what an answer said.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError
from pyreqwest.response import Response

from codex_proxy.gateway.links.fetching import LinkedFile, NotFetched
from codex_proxy.protocols.parts.media import sniff_bytes
from codex_proxy.transports.guard import AddressRefused, CheckedUrl, UrlGuard
from codex_proxy.transports.http import obeying

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 20.0
_PROOF_BYTES: Final = 16  # the longest beginning that tells a file's type has 12
_USER_AGENT: Final = "codex-proxy"
_ACCEPTED: Final = "image/png, image/jpeg, image/webp, image/gif, application/pdf"


class LinkedFiles:
    """Implements the gateway's ``LinkFetcher``; ``trusted_pem`` as for the upstream."""

    def __init__(
        self,
        guard: UrlGuard,
        *,
        allow_private: bool = False,
        trusted_pem: bytes | None = None,
        max_file_bytes: int = MAX_FILE_BYTES,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._guard = guard
        self._allow_private = allow_private
        self._trusted_pem = trusted_pem
        self._max_file_bytes = max_file_bytes
        self._total_seconds = total_seconds

    async def fetch(self, url: str) -> LinkedFile:
        """See ``LinkFetcher``."""
        try:
            checked = await self._guard.check(url, allow_private=self._allow_private)
        except AddressRefused as refused:
            raise NotFetched(str(refused)) from None
        try:
            async with asyncio.timeout(self._total_seconds), self._answer(checked) as response:
                return await self._read(response)
        except (TimeoutError, RequestTimeoutError):
            raise NotFetched("its server took too long") from None
        except PyreqwestError:
            raise NotFetched("its server could not be reached, or broke off") from None

    @asynccontextmanager
    async def _answer(self, checked: CheckedUrl) -> AsyncIterator[Response]:
        client = await asyncio.to_thread(self._client, checked)
        try:
            request = client.get(checked.url).headers([("accept", _ACCEPTED), ("user-agent", _USER_AGENT)])
            streamed = request.streamed_read_buffer_limit(0).build_streamed()
            response = await obeying(streamed.__aenter__())
            try:
                yield response
            finally:
                await streamed.__aexit__(None, None, None)
        finally:
            await client.close()

    def _client(self, checked: CheckedUrl) -> Client:
        builder = (
            ClientBuilder()
            .http2(True)
            .gzip(False)
            .brotli(False)
            .deflate(False)
            .zstd(False)
            .referer(False)
            .connect_timeout(timedelta(seconds=CONNECT_SECONDS))
            .read_timeout(timedelta(seconds=self._total_seconds))  # closes what was given up before its headers came
        )
        if self._trusted_pem is not None:
            builder = builder.add_root_certificate_pem(self._trusted_pem)
        return self._guard.connecting(builder, checked).build()

    async def _read(self, response: Response) -> LinkedFile:
        if 300 <= response.status < 400:
            raise NotFetched("it leads on to another address, which is not followed")
        if response.status != 200:
            raise NotFetched(f"its server answered {response.status}")
        content = bytearray()
        media_type: str | None = None
        while (chunk := await obeying(response.body_reader.read_chunk())) is not None:
            content += bytes(chunk)
            if len(content) > self._max_file_bytes:
                raise NotFetched(f"it is larger than {self._max_file_bytes} bytes")
            if media_type is None and len(content) >= _PROOF_BYTES:
                media_type = _proven(content)
        return LinkedFile(content=bytes(content), media_type=media_type or _proven(content))


def _proven(content: bytearray) -> str:
    media_type = sniff_bytes(bytes(content[:_PROOF_BYTES]))
    if media_type is None:
        raise NotFetched("it is no PNG, JPEG, WebP, GIF or PDF by its first bytes")
    return media_type
