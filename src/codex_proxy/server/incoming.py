"""One incoming HTTP request, as endpoints see it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from codex_proxy.protocols.base import WireReply
from codex_proxy.server.asgi import Receive, Send, send_reply
from codex_proxy.server.security import Caller

_ECHOABLE_ID: Final = re.compile(r"[\w.-]{1,128}")


@dataclass(slots=True, kw_only=True)
class Incoming:
    """A request after dispatch: who calls, what for, and how to answer.

    ``request_id`` is ours; the client's own is only echoed.  ``common_headers`` belong on every answer.
    ``arrived_at`` is our address and port that the connection came to.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    request_id: str
    receive: Receive
    send: Send
    caller: Caller | None = None
    arrived_at: tuple[str, int] | None = None
    common_headers: dict[str, str] = field(default_factory=dict)

    @property
    def key_id(self) -> str:
        """The row id of the client key; empty where none was asked for."""
        return self.caller.key_id if self.caller else ""

    @property
    def bound_to(self) -> str | None:
        """The only account that the client key may use; None for any."""
        return self.caller.bound_to if self.caller else None

    async def reply(self, answer: WireReply, *, unread: bool = False) -> None:
        """Send a whole answer; ``unread`` says that the client is still sending its body, and closes the connection.

        Raises:
            ClientGone: nobody is there to read it.
        """
        headers = {**dict(answer.headers), **self.common_headers}
        body = b"" if self.method == "HEAD" else answer.body
        if unread:
            headers["connection"] = "close"
        await send_reply(
            self.send, status=answer.status, headers=headers, body=body, unread=self.receive if unread else None
        )


class Endpoint(Protocol):
    """Answers one kind of request."""

    async def __call__(self, incoming: Incoming) -> None:
        """Answer it."""
        ...


def id_headers(request_id: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Our request id, and the client's own where it is fit to be echoed."""
    answer = {"x-request-id": request_id}
    client_id = headers.get("x-client-request-id") or headers.get("x-request-id")
    if client_id and _ECHOABLE_ID.fullmatch(client_id):
        answer["x-client-request-id"] = client_id
    return answer
