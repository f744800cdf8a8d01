"""The bridge's listener: implements the operations' ``BridgeListener`` with a server of its own."""

from collections.abc import Callable
from typing import Final

from codex_proxy.operations.ollama_bridge import CannotOpen
from codex_proxy.server.asgi import Application
from codex_proxy.server.listeners import CannotListen, Listener, PortInUse, bind, bind_loopback

_BOTH_LOOPBACKS: Final = frozenset({"127.0.0.1", "localhost"})


class OllamaListener:
    """Serves, while it is open, what ``make_application`` makes for the host it listens on."""

    def __init__(self, make_application: Callable[[str], Application]) -> None:
        self._make_application = make_application
        self._listener: Listener | None = None

    async def open(self, host: str, port: int) -> str:
        """See ``BridgeListener``; 127.0.0.1 means both loopbacks."""
        try:
            sockets = bind_loopback(port) if host in _BOTH_LOOPBACKS else [bind(host, port)]
            listener = Listener(self._make_application(host), sockets)
            await listener.start()
        except (PortInUse, CannotListen) as error:
            raise CannotOpen(str(error)) from error
        self._listener = listener
        return _url_of(*listener.addresses[0])

    async def close(self) -> None:
        """See ``BridgeListener``."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()


def _url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
