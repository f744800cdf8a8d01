"""Listeners: uvicorn servers in the running loop, started and stopped while the process lives.

Rules of this file: sockets are bound here first, since a busy port inside uvicorn would end the loop; uvicorn's own
signal handling is switched off, because several servers in one loop would stop each other (measured).
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from codex_proxy.server.asgi import Application

SEND_BUFFER_BYTES: Final = 128 * 1024  # bounds what a slow reader holds in the kernel
BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
DEAD_PEER_MILLISECONDS: Final = 60_000
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that only this machine reaches."""


class PortInUse(Exception):
    """Somebody else listens on this address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is already in use")
        self.host = host
        self.port = port


class CannotListen(Exception):
    """The address cannot be bound."""


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket with the options that streams need; port 0 takes a free one.

    Raises:
        PortInUse: the port is taken.
        CannotListen: the address is not ours or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        _set_options(bound)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def bind_loopback(port: int) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and, where the machine has it, on ::1, with the same port; raises like ``bind``."""
    first = bind("127.0.0.1", port)
    try:
        return [first, bind("::1", first.getsockname()[1])]
    except CannotListen:
        return [first]
    except PortInUse:
        if port == 0:
            return [first]
        first.close()
        raise


class Listener:
    """One uvicorn server over sockets that are already bound; ``addresses`` are their hosts and ports."""

    def __init__(self, application: Application, sockets: list[socket.socket], *, lifespan: bool = False) -> None:
        config = uvicorn.Config(
            application,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="on" if lifespan else "off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._sockets = sockets
        self.addresses: tuple[tuple[str, int], ...] = tuple(bound.getsockname()[:2] for bound in sockets)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Accept connections; returns when the server is ready."""
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=self._sockets))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise CannotListen("the server ended while starting")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop accepting, let idle connections go, and wait for the server's end."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        for bound in self._sockets:
            bound.close()


class _QuietServer(uvicorn.Server):
    """uvicorn without its own signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _set_options(bound: socket.socket) -> None:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if bound.family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_USER_TIMEOUT", DEAD_PEER_MILLISECONDS)):
        option = getattr(socket, name, None)
        if option is not None:
            bound.setsockopt(socket.IPPROTO_TCP, option, value)
