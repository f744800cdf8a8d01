"""Who may call the bridge, which wants no key: programs, and pages that come from this machine.

Rules of this file: a name in ``Host`` that is not ours means that somebody's page had its name resolved to this
machine, so it is refused like a page of another origin, before anything is read.  Addresses and names that no
stranger can give out pass.
"""

from collections.abc import Callable

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.ollama.errors import error_reply
from codex_proxy.server.asgi import Application, ClientGone, Receive, Scope, Send, header_map, send_reply
from codex_proxy.server.cors import OWN_NAMES, CorsPolicy, is_own_host


class BridgeGuard:
    """Lets through to ``application`` what may call; ``names`` are further host names of this machine."""

    def __init__(
        self, application: Application, *, cors: Callable[[], CorsPolicy], names: frozenset[str] = frozenset()
    ) -> None:
        self._application = application
        self._cors = cors
        self._names = OWN_NAMES | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope; there is nothing here but HTTP."""
        if scope["type"] != "http":
            return
        headers = header_map(scope)
        origin = headers.get("origin")
        if not is_own_host(headers.get("host", ""), self._names):
            await _refuse(send, "this host name is not served here")
        elif origin is not None and not self._cors().allows(origin):
            await _refuse(send, "this origin may not call the bridge")
        else:
            await self._application(scope, receive, send)


async def _refuse(send: Send, message: str) -> None:
    reply = error_reply(Failure(kind=FailureKind.NOT_PERMITTED, message=message))
    try:
        await send_reply(send, status=reply.status, headers=dict(reply.headers), body=reply.body)
    except ClientGone:
        return
