"""The HTTP transport: pyreqwest over HTTP/2, unbuffered, so that the first event passes at once.

Rules of this file: foreign exceptions end here as ``TransportError``; header order is the call's, the cookie comes
last.  pyreqwest's ``ConnectError`` does not prove that nothing was sent; only its cause ``client error (Connect)``
does (measured), so the cause decides what may be replayed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeVar
from urllib.parse import urlsplit

from pyreqwest import exceptions as foreign
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.clients import ClientPool, PooledClient, Timeouts

_T = TypeVar("_T")
_NEVER_CONNECTED: Final = "client error (Connect)"


class HttpTransport:
    """Makes upstream calls over HTTP; implements the gateway's ``Transport``."""

    def __init__(self, *, pool: ClientPool, timeouts: Timeouts) -> None:
        self._pool = pool
        self._timeouts = timeouts

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """Send the call and wait for the reply's headers; see ``Transport``."""
        return self._open(call, route)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def _open(self, call: UpstreamCall, route: Route) -> AsyncIterator[UpstreamReply]:
        async with self._pool.use(route) as pooled:
            host = urlsplit(route.base_url).hostname or ""
            request = self._build(call, route, pooled=pooled, host=host)
            response = await self._headers_of(request)
            try:
                pooled.jar.store(host, response.get_header_all("set-cookie"))
                yield HttpReply(response, pooled)
            finally:
                await request.__aexit__(None, None, None)

    def _build(self, call: UpstreamCall, route: Route, *, pooled: PooledClient, host: str) -> StreamRequest:
        cookie = pooled.jar.header(host)
        headers = [*call.headers, ("cookie", cookie)] if cookie else list(call.headers)
        builder = pooled.client.request(call.method, route.base_url + call.path).headers(headers)
        if call.body:
            builder = builder.body_bytes(call.body)
        return builder.streamed_read_buffer_limit(0).build_streamed()

    async def _headers_of(self, request: StreamRequest) -> Response:
        try:
            async with asyncio.timeout(self._timeouts.headers):
                return await obeying(request.__aenter__())
        except foreign.PyreqwestError as error:
            raise TransportError(before_headers(error)) from None
        except TimeoutError:
            raise TransportError(
                Failure(kind=FailureKind.TIMEOUT, message="the upstream sent no headers in time")
            ) from None


class HttpReply:
    """An open reply; implements the gateway's ``UpstreamReply``."""

    __slots__ = ("_pooled", "_reader", "_seen_body", "headers", "status")

    def __init__(self, response: Response, pooled: PooledClient) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = _joined(response)
        self._reader = response.body_reader
        self._pooled = pooled
        self._seen_body = False

    async def read(self) -> bytes:
        """The next piece of the body, empty at its end; see ``UpstreamReply``."""
        try:
            chunk = await obeying(self._reader.read_chunk())
        except foreign.PyreqwestError as error:
            raise TransportError(within_body(error)) from None
        if chunk is not None:
            self._seen_body = True
            return bytes(chunk)
        if self.status == 404 and not self._seen_body:
            self._pooled.jar.clear()  # an empty 404 is the edge refusing the path, mostly over a stale cookie
        return b""


async def obeying(work: Awaitable[_T]) -> _T:
    """Await ``work``; a cancellation that meets a result just then still cancels.

    pyreqwest's coroutines drop a cancellation that arrives together with their result (measured: a gateway's stop hung
    on the task that had been cancelled that way).
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        return await work
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


def before_headers(error: foreign.PyreqwestError) -> Failure:
    """What an exception means before the reply's headers came."""
    causes = _causes(error)
    sent = Sent.NOTHING_SENT if _NEVER_CONNECTED in causes else Sent.MAYBE_SENT
    if isinstance(error, foreign.RequestTimeoutError) and sent is Sent.MAYBE_SENT:
        return Failure(kind=FailureKind.TIMEOUT, message="the upstream sent no headers in time")
    return Failure(
        kind=FailureKind.UNREACHABLE, message=f"no connection to the upstream: {_last_cause(error)}", sent=sent
    )


def within_body(error: foreign.PyreqwestError) -> Failure:
    """What an exception means once headers are in."""
    if isinstance(error, foreign.RequestTimeoutError):
        return Failure(kind=FailureKind.TIMEOUT, message="the upstream stayed silent too long")
    return Failure(kind=FailureKind.DISCONNECTED, message="the upstream broke off the stream")


def _causes(error: foreign.PyreqwestError) -> tuple[str, ...]:
    details = getattr(error, "details", None) or {}
    return tuple(cause["message"] for cause in details.get("causes") or ())


def _last_cause(error: foreign.PyreqwestError) -> str:
    causes = _causes(error)
    return causes[-1] if causes else type(error).__name__


def _joined(response: Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers
