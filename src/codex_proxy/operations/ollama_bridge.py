"""The Ollama bridge, switched and moved while the gateway runs.

Rules of this file: other settings hold as a whole or not at all: where the listener cannot follow, the old state stays.
Off loopback needs ``allow_remote``, which the owner sets in a file, by environment or not at all, since this API has no
keys.
"""

import asyncio
import ipaddress
from typing import Final, Protocol

import msgspec

_LOOPBACK_NAME: Final = "localhost"


class BridgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration section ``ollama``; ``version`` is the one the bridge claims."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 11_434
    version: str = "0.18.3"
    disable_vision: bool = False
    allow_remote: bool = False


class BridgeStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the bridge is wanted and listens; ``url`` where it does, ``error`` why it does not."""

    enabled: bool
    running: bool
    url: str | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class RemoteNotAllowed(Exception):
    """The address is off loopback, and the owner has not allowed that."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"ollama.host {host} is off loopback and the bridge asks for no key; "
            "set ollama.allow_remote to true in the configuration file first"
        )


class CannotOpen(Exception):
    """The address cannot be listened on; one sentence."""


class BridgeListener(Protocol):
    """Listens for the bridge, at one address at a time."""

    async def open(self, host: str, port: int) -> str:
        """Listen; returns the URL.

        Raises:
            CannotOpen: the address is taken, or not ours.
        """
        ...

    async def close(self) -> None:
        """Stop listening; nothing happens where nobody listens."""
        ...


class OllamaBridge:
    """The bridge's settings and its listener, which follows them once ``start`` was called."""

    def __init__(self, settings: BridgeSettings, *, listener: BridgeListener) -> None:
        self.settings = settings
        self._listener = listener
        self._url: str | None = None
        self._error: str | None = None
        self._changing = asyncio.Lock()

    @property
    def status(self) -> BridgeStatus:
        """The state now."""
        return BridgeStatus(
            enabled=self.settings.enabled,
            running=self._url is not None,
            url=self._url or msgspec.UNSET,
            error=self._error or msgspec.UNSET,
        )

    async def start(self) -> None:
        """Listen if that is wanted; an address that cannot be had is told by ``status`` and stops nothing else.

        Raises:
            RemoteNotAllowed: the settings want an address off loopback without allowing it.
        """
        if self.settings.enabled:
            check_host(self.settings)
            await self._open_or_tell(self.settings)

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.close()
        self._url = None

    async def follow(self, wanted: BridgeSettings) -> None:
        """These settings hold from now on.

        Raises:
            RemoteNotAllowed: they want an address off loopback without allowing it; everything is as before.
            CannotOpen: the address cannot be had; everything is as before.
        """
        async with self._changing:
            if wanted.enabled:
                check_host(wanted)
            await self._follow(wanted)

    async def _follow(self, wanted: BridgeSettings) -> None:
        """Listen as ``wanted`` says; where that fails, as before."""
        before, ran = self.settings, self._url is not None
        if wanted.enabled and ran and _address(wanted) == _address(before):
            self.settings = wanted
            return
        await self.stop()
        try:
            if wanted.enabled:
                self._url = await self._listener.open(wanted.host, wanted.port)
        except CannotOpen:
            if ran:
                await self._open_or_tell(before)
            raise
        self.settings, self._error = wanted, None

    async def _open_or_tell(self, settings: BridgeSettings) -> None:
        try:
            self._url = await self._listener.open(settings.host, settings.port)
        except CannotOpen as error:
            self._error = str(error)


def check_host(settings: BridgeSettings) -> None:
    """Refuse to listen off loopback where that is not allowed; raises ``RemoteNotAllowed``."""
    if not settings.allow_remote and not is_loopback(settings.host):
        raise RemoteNotAllowed(settings.host)


def is_loopback(host: str) -> bool:
    """Whether this address can be reached from this machine only; of names only ``localhost`` is known to be."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == _LOOPBACK_NAME


def _address(settings: BridgeSettings) -> tuple[str, int]:
    return settings.host, settings.port
