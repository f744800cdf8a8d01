"""The HTTP transport: pyreqwest over HTTP/2, unbuffered, so that the first event passes at once.

Rules of this file: foreign exceptions end here as ``TransportError``; header order is the call's, the cookie comes
last.  pyreqwest's ``ConnectError`` does not prove that nothing was sent; only its cause ``client error (Connect)``
does (measured), so the cause decides what may be replayed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeVar
from urllib.parse import urlsplit

from pyreqwest import exceptions as foreign
from pyreqwest.bytes import Bytes
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.clients import ClientPool, PooledClient, Timeouts

READ_BYTES: Final = 256 * 1024  # what one read takes at most ahead of a slow reader, beside its last piece

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
            del call  # its body may be megabytes, and the stream long
            response = await self._headers_of(request)
            reply = HttpReply(response, pooled)
            try:
                pooled.jar.store(host, response.get_header_all("set-cookie"))
                yield reply
            finally:
                reply.close()
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
    """An open reply; implements the gateway's ``UpstreamReply``.

    One ``read`` takes every piece that is there already, so that a burst costs its client one write and not fifty.
    """

    __slots__ = ("_begun", "_broken", "_pooled", "_reader", "_response", "_seen_body", "status")

    def __init__(self, response: Response, pooled: PooledClient) -> None:
        self.status: int = response.status
        self._response = response
        self._reader = response.body_reader
        self._pooled = pooled
        self._seen_body = False
        self._begun: _Begun | None = None
        self._broken: foreign.PyreqwestError | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Reply headers, made anew at each look; see ``UpstreamReply``."""
        return _joined(self._response)

    async def read(self) -> bytes:
        """What there is of the body, as soon as there is anything, empty at its end; see ``UpstreamReply``."""
        begun, self._begun = self._begun, None
        task = asyncio.current_task()
        cancels = task.cancelling() if task is not None else 0
        try:
            if self._broken is not None:
                raise self._broken
            chunk = await (begun or self._reader.read_chunk())
        except foreign.PyreqwestError as error:
            raise TransportError(within_body(error)) from None
        finally:
            if task is not None and task.cancelling() > cancels:  # see ``obeying``
                raise asyncio.CancelledError
        if chunk is None:
            self._note_end()
            return b""
        self._seen_body = True
        return self._with_ready(bytes(chunk))

    def close(self) -> None:
        """Give up the piece that was asked for ahead."""
        if self._begun is not None:
            self._begun.close()

    def _with_ready(self, first: bytes) -> bytes:
        """``first`` and the pieces that can be had without waiting; the one that cannot stays asked for."""
        pieces, size_bytes = [first], len(first)
        while size_bytes < READ_BYTES:
            reading = self._reader.read_chunk()
            try:
                self._begun = _Begun(reading, reading.send(None))
                break
            except StopIteration as done:
                if done.value is None:
                    break  # the end; the next read meets it again
                pieces.append(bytes(done.value))
                size_bytes += len(pieces[-1])
            except foreign.PyreqwestError as error:
                self._broken = error
                break
        return b"".join(pieces) if len(pieces) > 1 else first

    def _note_end(self) -> None:
        if self.status == 404 and not self._seen_body:
            self._pooled.jar.clear()  # an empty 404 is the edge refusing the path, mostly over a stale cookie


class _Begun:
    """A coroutine that was begun by hand and waits for ``future``; awaiting this goes on from there."""

    __slots__ = ("_coroutine", "_future")

    def __init__(self, coroutine: Coroutine[object, object, Bytes | None], future: object) -> None:
        self._coroutine = coroutine
        self._future = future

    def __await__(self) -> Generator[object, object, Bytes | None]:
        future = self._future
        try:
            while True:
                try:
                    answer = yield future
                except BaseException as error:  # noqa: BLE001 - handed on to the coroutine, as ``await`` does
                    future = self._coroutine.throw(error)
                else:
                    future = self._coroutine.send(answer)
        except StopIteration as done:
            value: Bytes | None = done.value
            return value

    def close(self) -> None:
        """Let the coroutine end."""
        self._coroutine.close()


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
