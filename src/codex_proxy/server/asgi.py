"""The ASGI words this server uses, typed, and the one exception a vanished client becomes."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


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


async def send_reply(send: Send, *, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """A whole reply.

    Raises:
        ClientGone: nobody is there to read it.
    """
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send_message(send, {"type": "http.response.start", "status": status, "headers": raw})
    await send_message(send, {"type": "http.response.body", "body": body, "more_body": False})


async def send_message(send: Send, message: Message) -> None:
    """One ASGI message; uvicorn raises ``RuntimeError`` where its connection is already closed (measured)."""
    try:
        await send(message)
    except (RuntimeError, OSError) as error:
        raise ClientGone from error
