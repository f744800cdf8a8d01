"""The ASGI words this server uses, typed, and the one exception a vanished client becomes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LINGER_SECONDS: Final = 10.0


class ClientGone(Exception):
    """The client closed the connection."""


def header_map(scope: Scope) -> dict[str, str]:
    """Request headers; names are lower-case, repeated ones joined with a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def watch_disconnect(receive: Receive) -> None:
    """Wait until the client leaves.

    Raises:
        ClientGone: it did.
    """
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone


async def send_reply(
    send: Send, *, status: int, headers: Mapping[str, str], body: bytes, unread: Receive | None = None
) -> None:
    """A whole reply; ``unread`` is a request body that was refused half-way.

    Raises:
        ClientGone: nobody is there to read it.
    """
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send_message(send, {"type": "http.response.start", "status": status, "headers": raw})
    if unread is not None:
        await send_message(send, {"type": "http.response.body", "body": body, "more_body": True})
        await _discard(unread)
        body = b""
    await send_message(send, {"type": "http.response.body", "body": body, "more_body": False})


async def _discard(receive: Receive) -> None:
    """Throw away what a refused client still sends, for a short while.

    A socket closed with unread bytes is reset, and the reset would cost the client the reply that says why (RFC 9112
    §9.6); clients such as Python's read no reply before they have sent all.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass


async def send_message(send: Send, message: Message) -> None:
    """One ASGI message; uvicorn raises ``RuntimeError`` where its connection is already closed (measured)."""
    try:
        await send(message)
    except (RuntimeError, OSError) as error:
        raise ClientGone from error
