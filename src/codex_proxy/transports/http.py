"""The HTTP transport: pyreqwest over HTTP/2, unbuffered, so that the first event passes at once.

Rules of this file: foreign exceptions end here as ``TransportError``; header order is the call's, the cookie comes
last.  pyreqwest's ``ConnectError`` does not prove that nothing was sent; only its cause ``client error (Connect)``
does (measured), so the cause decides what may be replayed.  A failure on the way through an egress proxy names that
proxy, a call to a vendor names the vendor, and neither tells an address that a name resolved to.  What goes wrong
within a body is told in words that make opencode try again over Messages: there it goes by an error's words alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from types import coroutine
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pyreqwest import exceptions as foreign
from pyreqwest.bytes import Bytes
from pyreqwest.request import RequestBuilder, StreamRequest
from pyreqwest.response import Response

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.addresses import STAYS_HERE, is_here
from codex_proxy.transports.clients import Binding, ClientPool, PooledClient, Timeouts
from codex_proxy.transports.cookies import CookieJar

ADDRESS_REFUSED: Final = "address_refused"
READ_BYTES: Final = 256 * 1024  # what one read takes at most ahead of a slow reader, beside its last piece

_T = TypeVar("_T")
_Begun: TypeAlias = tuple[Coroutine[object, object, Bytes | None], object]
"""A coroutine that was begun by hand, and the future it waits for."""
_NEVER_CONNECTED: Final = "client error (Connect)"
_USER_AGENT: Final = "user-agent"
_PROXY_WANTS_LOGIN: Final = 407
_SLACK_SECONDS: Final = 0.05  # the event loop's clock stands still within a turn
_WANTS_LOGIN: Final = "it wants other credentials (407)"
_EGRESS_WORDS: Final = {
    "tunnel error: proxy authorization required": _WANTS_LOGIN,
    "tunnel error: unsuccessful": "it would not connect to the upstream",
    "tunnel error: unexpected end of file": "it broke off",
    "SOCKS error: failed to create underlying connection": "it cannot be reached",
    "SOCKS error: connection not allowed": "its rules do not allow it",
    "SOCKS error: credentials not accepted": "it wants other credentials",
    "SOCKS error: server does not support user/pass authentication": "it wants other credentials",
}
"""What the HTTP client's last cause means where a call leaves through a proxy."""


class HttpTransport:
    """Makes upstream calls over HTTP; implements the gateway's ``Transport``.

    ``only_here`` refuses every call that leads beyond this machine.
    """

    def __init__(self, *, pool: ClientPool, timeouts: Timeouts, only_here: bool = False) -> None:
        self._pool = pool
        self._timeouts = timeouts
        self._only_here = only_here

    def open(
        self, call: UpstreamCall, route: Route, *, binding: Binding | None = None
    ) -> AbstractAsyncContextManager[UpstreamReply]:
        """Send the call and wait for the reply's headers; see ``Transport``, and ``Binding`` where there is one."""
        return self._open(call, route, binding)

    async def change_timeouts(self, timeouts: Timeouts) -> None:
        """Others hold for calls from now on; what streams goes on as it began."""
        self._timeouts = timeouts
        await self._pool.change_timeouts(timeouts)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def _open(self, call: UpstreamCall, route: Route, binding: Binding | None) -> AsyncIterator[UpstreamReply]:
        if self._only_here:
            _refuse_elsewhere(route)
        async with self._pool.use(route, binding) as pooled:
            cookies = _Cookies(self._pool.jar(pooled, route), call, route)
            deadline = _Deadline(self._timeouts.total)
            builder = _build(call, route, pooled=pooled, cookie=cookies.header())
            del call  # its body may be megabytes, and the stream long
            request = deadline.over(builder).streamed_read_buffer_limit(0).build_streamed()
            response = await self._headers_of(request, route, deadline)
            reply = self._reply(response, cookies, route, deadline)
            try:
                cookies.take(response)
                yield reply
            finally:
                reply.close()
                await request.__aexit__(None, None, None)

    async def _headers_of(self, request: StreamRequest, route: Route, deadline: "_Deadline") -> Response:
        try:
            async with asyncio.timeout(self._timeouts.headers):
                response = await obeying(request.__aenter__())
        except foreign.PyreqwestError as error:
            raise TransportError(before_headers(error, route, deadline)) from None
        except TimeoutError:
            raise TransportError(_no_headers(route)) from None
        if response.status == _PROXY_WANTS_LOGIN and route.egress_url is not None:
            await request.__aexit__(None, None, None)
            raise TransportError(refused_by_egress(route, _WANTS_LOGIN))
        return response

    def _reply(self, response: Response, cookies: "_Cookies", route: Route, deadline: "_Deadline") -> "HttpReply":
        """A reply whose silence ends in time: by the HTTP client alone, unless that would wait longer."""
        times, sender = self._timeouts, route.upstream_name
        if times.idle >= times.headers:
            return HttpReply(response, cookies, sender=sender, deadline=deadline)
        return ImpatientReply(response, cookies, sender=sender, deadline=deadline, idle_seconds=times.idle)


def _refuse_elsewhere(route: Route) -> None:
    """Raise unless both the route's end and the egress proxy before it are this machine."""
    places = (route.base_url, route.egress_url or route.base_url)
    if not all(is_here(urlsplit(place).hostname or "") for place in places):
        message = f"{route.upstream_name} is not asked: the call leads elsewhere, and {STAYS_HERE}"
        raise TransportError(
            Failure(kind=FailureKind.UNREACHABLE, message=message, code=ADDRESS_REFUSED, sent=Sent.NOTHING_SENT)
        )


class _Cookies:
    """The cookies of one call: what it takes along and what its reply brings; ``jar`` None for neither."""

    __slots__ = ("_host", "_jar", "_path", "_user_agent")

    def __init__(self, jar: CookieJar | None, call: UpstreamCall, route: Route) -> None:
        place = urlsplit(route.base_url)
        self._jar = jar
        self._host = place.hostname or ""
        self._path = place.path + call.path
        self._user_agent = next((value for name, value in call.headers if name == _USER_AGENT), None)

    def header(self) -> str | None:
        return None if self._jar is None else self._jar.header(self._host, self._path, user_agent=self._user_agent)

    def take(self, response: Response) -> None:
        told = response.get_header_all("set-cookie")
        if told and self._jar is not None:
            self._jar.store(self._host, told, user_agent=self._user_agent)

    def drop(self) -> None:
        if self._jar is not None:
            self._jar.clear()


def _build(call: UpstreamCall, route: Route, *, pooled: PooledClient, cookie: str | None) -> RequestBuilder:
    headers = list(call.headers)
    if route.base_url.startswith("https://") and not any(name == _USER_AGENT for name, _ in headers):
        # The client adds one of its own; over HTTP/2 it leaves out again what this header names, and this header.
        headers.append(("connection", _USER_AGENT))
    if cookie is not None:
        if call.body:
            headers.append(("content-length", str(len(call.body))))  # the real client's cookie comes after it
        headers.append(("cookie", cookie))
    builder = pooled.client.request(call.method, route.base_url + call.path).headers(headers)
    return builder.body_bytes(call.body) if call.body else builder


class _Deadline:
    """When a call has to be over, from its request to its reply's end; ``total_seconds`` None for whenever it is."""

    __slots__ = ("_ends_at", "_total_seconds")

    def __init__(self, total_seconds: float | None) -> None:
        self._total_seconds = total_seconds
        self._ends_at = asyncio.get_running_loop().time() + (total_seconds or 0)

    def over(self, builder: RequestBuilder) -> RequestBuilder:
        """The request that ends in time."""
        return builder if self._total_seconds is None else builder.timeout(timedelta(seconds=self._total_seconds))

    def words(self) -> str | None:
        """What is wrong with a call that is ended now for its time; None where it was ended for another one."""
        if self._total_seconds is None or asyncio.get_running_loop().time() < self._ends_at - _SLACK_SECONDS:
            return None
        return f"took longer than the {self._total_seconds:g} s that a whole call may take"


class HttpReply:
    """An open reply; implements the gateway's ``UpstreamReply``.

    One ``read`` takes every piece that is there already, so that a burst costs its client one write and not fifty.
    """

    __slots__ = (
        "_begun",
        "_broken",
        "_cookies",
        "_deadline",
        "_reader",
        "_response",
        "_seen_body",
        "_sender",
        "status",
    )

    def __init__(self, response: Response, cookies: _Cookies, *, sender: str, deadline: _Deadline) -> None:
        self.status: int = response.status
        self._response = response
        self._reader = response.body_reader
        self._cookies = cookies
        self._sender = sender
        self._deadline = deadline
        self._seen_body = False
        self._begun: _Begun | None = None
        self._broken: foreign.PyreqwestError | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Reply headers, made anew at each look; see ``UpstreamReply``."""
        return _joined(self._response)

    @coroutine
    def read(self) -> Generator[object, object, bytes]:
        """What there is of the body, as soon as there is anything, empty at its end; see ``UpstreamReply``.

        A coroutine in one frame: it runs for every token, and goes on with a piece that was asked for ahead.
        """
        if self._broken is not None:
            raise TransportError(within_body(self._broken, self._sender, self._deadline))
        begun, self._begun = self._begun, None
        chunk: Bytes | None = None
        thrown: BaseException | None = None
        try:
            if begun is None:
                reading = self._reader.read_chunk()
                future = reading.send(None)
            else:
                reading, future = begun
            while True:
                try:
                    answer = yield future
                except BaseException as error:  # noqa: BLE001 - handed on to the reader, as ``await`` does
                    thrown = error
                    future = reading.throw(error)
                else:
                    future = reading.send(answer)
        except StopIteration as done:
            chunk = done.value
        except foreign.PyreqwestError as error:
            raise thrown or TransportError(within_body(error, self._sender, self._deadline)) from None
        if thrown is not None:
            raise thrown  # see ``obeying``
        if chunk is None:
            self._note_end()
            return b""
        self._seen_body = True
        return self._with_ready(bytes(chunk))

    def close(self) -> None:
        """Give up the piece that was asked for ahead."""
        if self._begun is not None:
            self._begun[0].close()

    def _with_ready(self, first: bytes) -> bytes:
        """``first`` and the pieces that can be had without waiting; the one that cannot stays asked for."""
        pieces, size_bytes = None, len(first)
        while size_bytes < READ_BYTES:
            reading = self._reader.read_chunk()
            try:
                self._begun = reading, reading.send(None)
                break
            except StopIteration as done:
                if done.value is None:
                    break  # the end; the next read meets it again
                pieces = pieces or [first]
                pieces.append(bytes(done.value))
                size_bytes += len(pieces[-1])
            except foreign.PyreqwestError as error:
                self._broken = error
                break
        return first if pieces is None else b"".join(pieces)

    def _note_end(self) -> None:
        if self.status == 404 and not self._seen_body:
            self._cookies.drop()  # an empty 404 is the edge refusing the path, mostly over a stale cookie


class ImpatientReply(HttpReply):
    """A reply that may stay silent for ``idle_seconds``, where its HTTP client would wait longer.

    The client has one limit for headers and silence, the longer of both.  A timer for each read costs something: only
    who waits for headers longer than for the next piece pays for it.
    """

    __slots__ = ("_idle_seconds",)

    def __init__(
        self, response: Response, cookies: _Cookies, *, sender: str, deadline: _Deadline, idle_seconds: float
    ) -> None:
        super().__init__(response, cookies, sender=sender, deadline=deadline)
        self._idle_seconds = idle_seconds

    # ``coroutine`` is typed as giving more than something to await, which is all that a reply is asked for.
    async def read(self) -> bytes:  # type: ignore[override]
        """As ``HttpReply.read``, within the time."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await super().read()
        except TimeoutError:
            raise TransportError(_too_slow(self._sender, self._deadline)) from None


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


def before_headers(error: foreign.PyreqwestError, route: Route, deadline: _Deadline) -> Failure:
    """What an exception means before the reply's headers came."""
    causes = _causes(error)
    sent = Sent.NOTHING_SENT if _NEVER_CONNECTED in causes else Sent.MAYBE_SENT
    if isinstance(error, foreign.RequestTimeoutError) and sent is Sent.MAYBE_SENT:
        return _no_headers(route, deadline.words())
    last = causes[-1] if causes else type(error).__name__
    if route.egress_url is not None and sent is Sent.NOTHING_SENT:
        return refused_by_egress(route, _EGRESS_WORDS.get(last, last))
    return Failure(kind=FailureKind.UNREACHABLE, message=f"no connection to {route.upstream_name}: {last}", sent=sent)


def _no_headers(route: Route, words: str | None = None) -> Failure:
    message = f"{route.upstream_name} {words or 'sent no headers in time'}"
    return Failure(kind=FailureKind.TIMEOUT, message=message)


def refused_by_egress(route: Route, words: str) -> Failure:
    """A call that did not get through its egress proxy."""
    return Failure(
        kind=FailureKind.UNREACHABLE,
        message=f"no connection through the egress {route.egress_name or 'proxy'}: {words}",
        sent=Sent.NOTHING_SENT,
    )


def within_body(error: foreign.PyreqwestError, sender: str, deadline: _Deadline) -> Failure:
    """What an exception means once the sender's headers are in."""
    if isinstance(error, foreign.RequestTimeoutError):
        return _too_slow(sender, deadline)
    return Failure(kind=FailureKind.DISCONNECTED, message=f"connection lost: {sender} broke off the stream")


def _too_slow(sender: str, deadline: _Deadline) -> Failure:
    words = deadline.words() or "stayed silent too long"
    return Failure(kind=FailureKind.TIMEOUT, message=f"stream timeout: {sender} {words}")


def _causes(error: foreign.PyreqwestError) -> tuple[str, ...]:
    details = getattr(error, "details", None) or {}
    return tuple(cause["message"] for cause in details.get("causes") or ())


def _joined(response: Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers
