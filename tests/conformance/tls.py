"""The simulator behind TLS and HTTP/2, served by hypercorn: a server that is not ours."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config, Sockets

from codex_proxy.simulator.app import SimulatedBackend
from codex_proxy.simulator.scenario import parse_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFront:
    """Where it listens, and the file with the authority that signed its certificate.

    ``accepted`` has the address that each connection came from, whatever came of it; ``spoken`` the version of HTTP of
    each request; ``identity`` is for another server of this name.
    """

    url: str
    authority: Path
    backend: SimulatedBackend
    accepted: list[str]
    spoken: list[str]
    identity: ssl.SSLContext


class _NotingSocket(socket.socket):
    """A listening socket that notes who connects."""

    accepted: list[str]

    def accept(self) -> tuple[socket.socket, Any]:
        there, address = super().accept()
        self.accepted.append(address[0])
        return there, address


class _Cutting:
    """Breaks the connection under an answer that was left unfinished, as our own server does and hypercorn does not."""

    def __init__(self, backend: SimulatedBackend) -> None:
        self._backend = backend
        self.spoken: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_over = scope["type"] != "http"
        if not is_over:
            self.spoken.append(scope["http_version"])

        async def noting_receive() -> Any:
            nonlocal is_over
            message = await receive()
            is_over |= message["type"] == "http.disconnect"
            return message

        async def noting_send(message: Any) -> None:
            nonlocal is_over
            is_over |= message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await self._backend(scope, noting_receive, noting_send)
        if not is_over:
            protocol = send.__self__.send.__self__
            protocol.send.__self__.writer.transport.abort()


class _Config(Config):
    """For one socket that listens already."""

    listening: socket.socket

    def create_sockets(self) -> Sockets:
        return Sockets([self.listening], [], [])


@contextlib.contextmanager
def tls_front(folder: Path, scenario: str) -> Iterator[TlsFront]:
    """A simulator behind TLS on ``https://localhost`` while the block runs, in a thread of its own."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority_file, certificate_file = folder / "authority.pem", folder / "certificate.pem"
    authority.cert_pem.write_to_path(authority_file)
    certificate.private_key_and_cert_chain_pem.write_to_path(certificate_file)
    backend = SimulatedBackend(now=time.time, scenario=parse_scenario(scenario))
    bound = _NotingSocket()
    bound.accepted = []
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    bound.setblocking(False)
    url = f"https://localhost:{bound.getsockname()[1]}"
    config = _Config()
    config.listening = bound  # hypercorn closes it
    identity = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(identity)
    config.certfile = config.keyfile = str(certificate_file)
    config.alpn_protocols = ["h2", "http/1.1"]
    config.errorlog = None
    config.graceful_timeout = 0.2
    cutting = _Cutting(backend)
    with _serving(cutting, config):
        yield TlsFront(
            url=url,
            authority=authority_file,
            backend=backend,
            accepted=bound.accepted,
            spoken=cutting.spoken,
            identity=identity,
        )


@contextlib.contextmanager
def _serving(backend: Any, config: Config) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        with contextlib.suppress(ssl.SSLError, ExceptionGroup):  # hypercorn, over connections that are cut at the end
            loop.run_until_complete(serve(backend, config, shutdown_trigger=stop.wait))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=20)
        loop.close()
