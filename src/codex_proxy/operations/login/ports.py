"""What logins need from outside: the issuer, a listener for its redirects, files of other programs.

Rules of this file: a verifier, a code or a state never shows in a text.  Times are epoch seconds (UTC).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import msgspec

from codex_proxy.accounts.issuer import Grant
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.accounts.store import AccountStore
from codex_proxy.gateway.ports import Clock

CALLBACK_PATH: Final = "/auth/callback"
CALLBACK_PORTS: Final = (1455, 1457)
"""Ports that the issuer allows in a redirect, in order of preference.  Source: Codex CLI 0.169."""


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser is sent to the issuer with, and the verifier that proves it later."""

    state: str
    verifier: str
    redirect_uri: str

    def __repr__(self) -> str:
        return f"Authorization(redirect_uri={self.redirect_uri!r})"


class AuthorizationCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code to exchange for tokens, with what proves that it was asked for here.  It works once."""

    code: str
    verifier: str
    redirect_uri: str

    def __repr__(self) -> str:
        return f"AuthorizationCode(redirect_uri={self.redirect_uri!r})"


class DeviceCode(msgspec.Struct, frozen=True, kw_only=True):
    """A device login that the issuer began; ``user_code`` is what a person enters at ``page_url``."""

    device_auth_id: str
    user_code: str
    page_url: str
    interval_seconds: float

    def __repr__(self) -> str:
        return f"DeviceCode(page_url={self.page_url!r}, interval_seconds={self.interval_seconds!r})"


class StillWaiting(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody has entered the code yet; ``slow_down`` asks for longer pauses, ``wait_seconds`` for this one."""

    slow_down: bool = False
    wait_seconds: float | None = None


class LoginIssuer(Protocol):
    """The issuer as a login sees it.  ``row_id`` chooses the egress and the connections to use."""

    @property
    def issuer(self) -> str:
        """Its name on an account."""
        ...

    def authorization_url(self, authorization: Authorization) -> str:
        """Where a browser goes to log in; holds the state, so it is shown and never logged."""
        ...

    async def exchange_code(self, code: AuthorizationCode, *, row_id: str) -> Grant:
        """Spend a code; raises ``IssuerError``."""
        ...

    async def begin_device(self, *, row_id: str) -> DeviceCode:
        """Begin a device login; raises ``IssuerError``."""
        ...

    async def ask_device(self, device: DeviceCode, *, row_id: str) -> AuthorizationCode | StillWaiting:
        """Ask whether the code was entered; raises ``IssuerError``."""
        ...


Arrive: TypeAlias = Callable[[str], Awaitable["CallbackReply"]]
"""Takes the query of a redirect, gives what the browser is to see."""


class CallbackReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser sees: plain texts, which still have to be escaped."""

    status: int
    title: str
    text: str
    detail: str = ""


class NoCallbackPort(Exception):
    """No port to listen on for redirects can be had; one sentence."""


class CallbackListener(Protocol):
    """Listens for the issuer's redirects, while it is open and on loopback only unless the owner says otherwise."""

    async def open(self, arrive: Arrive, *, give_up: Callable[[], None]) -> int:
        """Listen; returns the port.  ``give_up`` is called where another program asks for the port.

        Raises:
            NoCallbackPort: every port is taken.
        """
        ...

    async def close(self) -> None:
        """Stop listening, once running replies are out; nothing happens where nobody listens."""
        ...


class FileUnreadable(Exception):
    """The file cannot be read; says which and why, nothing of its content."""


class FileSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A file's content as it was; ``changed_at_ns`` tells one version from another."""

    path: str
    content: bytes
    changed_at_ns: int

    def __repr__(self) -> str:
        return f"FileSeen(path={self.path!r}, changed_at_ns={self.changed_at_ns!r})"


class CredentialFiles(Protocol):
    """Files in which other programs keep their tokens.  Read and never written; raises ``FileUnreadable``."""

    def default_path(self) -> Path:
        """Where the Codex CLI of this user keeps its own."""
        ...

    async def changed_at_ns(self, path: Path) -> int:
        """When the file was changed, in nanoseconds; a number to compare and nothing more."""
        ...

    async def read(self, path: Path) -> FileSeen:
        """The file as it is."""
        ...


async def nobody_waits(record: AccountRecord) -> None:
    """Nobody is told of accounts that log in; whoever uses them reads the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginParts:
    """What every login works with.

    ``random_bytes`` gives as many as it is asked for; ``arrived`` hears of an account that logged in, once its tokens
    are kept; ``allowed`` says whether the owner lets logins with the issuer begin now.
    """

    store: AccountStore
    issuer: LoginIssuer
    clock: Clock
    random_bytes: Callable[[int], bytes]
    arrived: Callable[[AccountRecord], Awaitable[None]] = nobody_waits
    allowed: Callable[[], bool] = lambda: True

    def new_row_id(self) -> str:
        """An id for an account that may have to be made: 16 hex digits."""
        return self.random_bytes(8).hex()
