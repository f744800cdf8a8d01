"""The listener for redirects: implements the logins' ``CallbackListener`` with a server of its own."""

import socket
from collections.abc import Callable
from typing import Final

from codex_proxy.operations.login.ports import CALLBACK_PORTS, Arrive, NoCallbackPort
from codex_proxy.server.listeners import CannotListen, Listener, PortInUse, bind, bind_loopback
from codex_proxy.server.oauth.application import CallbackApplication

_BOTH_LOOPBACKS: Final = frozenset({"127.0.0.1", "localhost"})


class OAuthListener:
    """Listens on the first of ``ports`` that can be had.

    ``host`` is 127.0.0.1, which means both loopbacks, unless the owner says otherwise: inside a container a published
    port does not reach loopback.
    """

    def __init__(self, *, host: str = "127.0.0.1", ports: tuple[int, ...] = CALLBACK_PORTS) -> None:
        self._host = host
        self._ports = ports
        self._listener: Listener | None = None

    async def open(self, arrive: Arrive, *, give_up: Callable[[], None]) -> int:
        """See ``CallbackListener``."""
        refusals: list[str] = []
        for port in self._ports:
            try:
                return await self._listen(CallbackApplication(arrive, give_up=give_up), port)
            except (PortInUse, CannotListen) as error:
                refusals.append(str(error))
        raise NoCallbackPort(
            f"the issuer's redirect cannot be received ({'; '.join(refusals)}): "
            "paste the address of the page that the login ends at"
        )

    async def close(self) -> None:
        """See ``CallbackListener``."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()

    async def _listen(self, application: CallbackApplication, port: int) -> int:
        sockets = bind_loopback(port) if self._host in _BOTH_LOOPBACKS else [bind(self._host, port)]
        _claim(sockets, self._host, port)
        self._listener = Listener(application, sockets)
        await self._listener.start()
        return self._listener.addresses[0][1]


def _claim(sockets: list[socket.socket], host: str, port: int) -> None:
    """Listen at once: two programs can both bind a port, and the later one would learn of it inside the server."""
    try:
        for bound in sockets:
            bound.listen()
    except OSError:
        for bound in sockets:
            bound.close()
        raise PortInUse(host, port) from None
