"""The listener's ASGI application: the redirect, and another program's wish to have the port.

Rules of this file: nothing of an address is logged or repeated; a host name that is not this machine's is refused
before anything is read, and so is an address that a page loads instead of being opened.  Source for ``/cancel``: the
official client asks the holder of its port to go in this way.
"""

from collections.abc import Callable
from typing import Final

from codex_proxy.operations.login.ports import CALLBACK_PATH, Arrive, CallbackReply
from codex_proxy.server.asgi import ClientGone, Receive, Scope, Send, header_map, send_reply
from codex_proxy.server.cors import is_own_host
from codex_proxy.server.oauth.pages import HEADERS, page_of

CANCEL_PATH: Final = "/cancel"

_OWN_NAMES: Final = frozenset({"localhost"})
_NOT_SERVED: Final = CallbackReply(status=400, title="Nothing to do here", text="This address is not served here.")
_NOT_FOUND: Final = CallbackReply(status=404, title="Not found", text="There is nothing at this address.")
_WRONG_METHOD: Final = CallbackReply(status=405, title="Not possible", text="This address can only be opened.")
_RELEASED: Final = CallbackReply(status=200, title="Released", text="This port is free for another login.")


class CallbackApplication:
    """Hands redirects to ``arrive`` and shows what comes back; ``give_up`` releases the port."""

    def __init__(self, arrive: Arrive, *, give_up: Callable[[], None]) -> None:
        self._arrive = arrive
        self._give_up = give_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope; there is nothing here but HTTP."""
        if scope["type"] != "http":
            return
        reply = await self._answer(scope)
        headers = {**HEADERS, "allow": "GET"} if reply.status == 405 else dict(HEADERS)
        try:
            await send_reply(send, status=reply.status, headers=headers, body=page_of(reply))
        except ClientGone:
            return

    async def _answer(self, scope: Scope) -> CallbackReply:
        headers = header_map(scope)
        if not is_own_host(headers.get("host", ""), _OWN_NAMES):
            return _NOT_SERVED
        if scope["path"] not in {CALLBACK_PATH, CANCEL_PATH}:
            return _NOT_FOUND
        if scope["method"] != "GET":
            return _WRONG_METHOD
        if headers.get("sec-fetch-mode", "navigate") != "navigate":
            return _NOT_SERVED
        if scope["path"] == CANCEL_PATH:
            self._give_up()
            return _RELEASED
        return await self._arrive(scope["query_string"].decode("latin-1"))
