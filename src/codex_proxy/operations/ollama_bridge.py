"""The Ollama bridge, switched and moved while the gateway runs.

Rules of this file: a change holds as a whole or not at all: the listener follows first, then the settings are kept,
and where either cannot be had the old state stays.  Off loopback needs ``allow_remote``, which the owner sets in a
file, by environment or not at all, since this API has no keys; a change can never set it.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol

import msgspec

_SECTION: Final = "ollama"
_LOOPBACK_NAME: Final = "localhost"


class BridgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration section ``ollama``; ``version`` is the one the bridge claims."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 11_434
    version: str = "0.18.3"
    disable_vision: bool = False
    allow_remote: bool = False


class BridgeChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; members that are left out stay."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] | msgspec.UnsetType = msgspec.UNSET
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | msgspec.UnsetType = msgspec.UNSET
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | msgspec.UnsetType = msgspec.UNSET
    disable_vision: bool | msgspec.UnsetType = msgspec.UNSET


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


class SettingsNotKept(Exception):
    """The settings cannot be written; one sentence."""


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


class SettingsKeeper(Protocol):
    """Writes settings where the next start finds them."""

    def keep(self, values: Mapping[str, Any]) -> None:
        """Write these values, by dotted key, and no others.

        Raises:
            SettingsNotKept: they cannot be written.
        """
        ...


class OllamaBridge:
    """The bridge's settings and its listener, which follows them.

    ``overridden`` names, by setting, the variable or flag whose value the next start takes instead of a kept one.
    """

    def __init__(
        self,
        settings: BridgeSettings,
        *,
        listener: BridgeListener,
        keeper: SettingsKeeper,
        overridden: Mapping[str, str],
    ) -> None:
        self.settings = settings
        self.overridden = overridden
        self._listener = listener
        self._keeper = keeper
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

    async def change(self, change: BridgeChange) -> None:
        """Make the change, and keep it for the next start, which heeds it except for what is ``overridden``.

        Raises:
            RemoteNotAllowed: it wants an address off loopback that is not allowed.
            CannotOpen: the address cannot be had; everything is as before.
            SettingsNotKept: it cannot be written; everything is as before.
        """
        values = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
        async with self._changing:
            before, wanted = self.settings, msgspec.structs.replace(self.settings, **values)
            if wanted.host != before.host or wanted.enabled:
                check_host(wanted)
            await self._follow(wanted)
            try:
                await asyncio.to_thread(self._keeper.keep, {f"{_SECTION}.{name}": values[name] for name in values})
            except SettingsNotKept:
                await self._follow(before)
                raise

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
