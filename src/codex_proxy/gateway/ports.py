"""What the gateway needs from outside, as protocols: transport, leases, clock, ids, observers.

Rules of this file: no web framework, database or HTTP client shows here.  Adapters implement these; bootstrap wires.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from enum import StrEnum
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import ConversationKey
from codex_proxy.accounts.egress.ways import DIRECT_ID
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnyStep, HeaderPairs, UpstreamCall


class TransportError(Exception):
    """The connection failed; the failure states whether anything may have been sent."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Guarding(msgspec.Struct, frozen=True, kw_only=True):
    """What a call to an address that a user gave is guarded by.

    ``vendor`` is whom failures name; ``allow_private`` lets the call go to private and loopback addresses.
    """

    vendor: str
    allow_private: bool = False


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where a call leaves and arrives.

    ``base_url`` ends without a slash; ``account_id`` keys the HTTP client and its cookies; ``egress_url`` is the proxy
    to leave through (``http://``, ``https://``, ``socks5://``, ``socks5h://``), None for none; ``egress_name`` is what
    its owner calls it, ``egress_id`` names the way in reports.  ``guarding`` is there where a user gave the base URL;
    such a call has no cookies.
    """

    base_url: str
    account_id: str
    egress_url: str | None = None
    egress_name: str | None = None
    egress_id: str = DIRECT_ID
    guarding: Guarding | None = None

    @property
    def upstream_name(self) -> str:
        """Whom the call goes to, in words for a failure."""
        if self.guarding is None:
            return "the upstream"
        host = _host_of(self.base_url)
        return f"{self.guarding.vendor} ({host})" if host else self.guarding.vendor

    def __repr__(self) -> str:
        return f"Route(base_url={self.base_url!r}, account_id={self.account_id!r})"


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class UpstreamReply(Protocol):
    """An open answer: headers are in, the body is read piece by piece."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Reply headers; names are lower-case, repeated ones joined with a comma."""
        ...

    def read(self) -> Awaitable[bytes]:
        """The next piece of the body as soon as it is there, empty at its end; await it at once.

        Raises:
            TransportError: the connection broke or stayed silent too long.
        """
        ...


class Transport(Protocol):
    """Makes upstream calls."""

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """Send the call; entering waits for the reply's headers, leaving cancels what is left of the body.

        Raises (on entering):
            TransportError: no reply came.
        """
        ...


class Renewal(Protocol):
    """Gets new credentials for accounts."""

    async def renew(self, account: Account) -> bool:
        """Wait until the account has a newer credential than this one, which the upstream refused.

        False where there is none to be had; never raises for that.
        """
        ...


class LeaseKind(StrEnum):
    """What a lease is for; background work takes no slot and is no request."""

    HTTP = "http"
    WEBSOCKET = "websocket"
    BACKGROUND = "background"


class LeaseTag(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a lease is for: kind, the request's id, and when it began (epoch seconds)."""

    kind: LeaseKind = LeaseKind.HTTP
    request_id: str = ""
    started_at: float = 0.0


class EgressReports(Protocol):
    """Hears from whoever reads answers what they say, by the way they came (``Route.egress_id``).

    Whether calls get through at all the transport tells by itself.
    """

    def refused(self, egress_id: str, failure: Failure) -> None:
        """An answer that came this way was a refusal; whether it is about the way is for the hearer to tell."""
        ...


class Lease(Protocol):
    """A temporary right to use an account; release it exactly once, late is better than twice."""

    @property
    def account_id(self) -> str:
        """The account's row id."""
        ...

    def release(self) -> None:
        """Give the slot back; further calls do nothing."""
        ...


class Waiter(Protocol):
    """A place in the queue for a slot."""

    async def wait(self, seconds: float) -> Lease | None:
        """The lease once it is this waiter's turn; None when the time is over, the place in the queue is kept."""
        ...


Wants: TypeAlias = Callable[[str], bool]
"""Whether a waiter would take a slot of this account now; it has to see itself that there is one."""
SlotsChanged: TypeAlias = Callable[[str, int], None]
"""Told an account's row id and how many of its slots are in use."""


class LeaseBook(Protocol):
    """Counts the slots in use."""

    def try_acquire(self, account_id: str, limit: int | None, tag: LeaseTag) -> Lease | None:
        """A lease, or None if ``limit`` slots are taken; None means no limit."""
        ...

    def used(self, account_id: str) -> int:
        """Slots in use."""
        ...

    def queue(self, wants: Wants, tag: LeaseTag) -> AbstractContextManager[Waiter]:
        """Stand in line, first come first served; leaving passes on what was handed over and not taken."""
        ...

    def offer(self, account_id: str) -> None:
        """An account can take more requests: hand leases to whoever waits for it, until nobody wants one."""
        ...

    def watch(self, changed: SlotsChanged) -> None:
        """Tell ``changed`` of every slot that is taken or given back, before it is offered to a waiter."""
        ...


class Clock(Protocol):
    """Time as the gateway sees it."""

    def now(self) -> float:
        """Epoch seconds UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Ids(Protocol):
    """Fresh identifiers."""

    def uuid7(self) -> str:
        """A UUIDv7 text."""
        ...

    def token(self) -> str:
        """24 random URL-safe characters."""
        ...


class KeptPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as it is shown; ``media_type`` is what its bytes are."""

    content: bytes
    media_type: str


class PictureStore(Protocol):
    """Keeps generated pictures for a while, so that an answer can show links to them."""

    async def keep(self, picture: str) -> str | None:
        """The name under which this picture (standard base64) is shown; None where it could not be kept.

        The name is as good as a key: nobody can guess it.  The store says by itself what went wrong.
        """
        ...

    async def find(self, name: str) -> KeptPicture | None:
        """The picture of this name; None where there is none, or none any more."""
        ...


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the answer that is about to be delivered.

    ``account_row_id`` is the vendor key's where a ``vendor`` answers, None where nobody was asked; ``relay`` are
    upstream headers that a client of the same dialect family may see, ``limits`` tell how near its own limits it is.
    """

    model: str
    account_row_id: str | None
    vendor: str | None = None
    notes: tuple[Note, ...] = ()
    relay: HeaderPairs = ()
    limits: HeaderPairs = ()


class Responder(Protocol):
    """Takes one exchange's answer."""

    def accepted(self, accepted: Accepted) -> None:
        """Called once, just before the first delivery."""
        ...

    async def deliver(self, steps: Sequence[AnyStep]) -> None:
        """Hand these steps to the client, one batch per upstream read.  Raises only what ends the exchange."""
        ...


class PromptEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a prompt is expected to count, before anybody has counted it.

    ``conversation`` is None where it belongs to none.  ``sized_tokens`` is what its size suggests, ``expected_tokens``
    what is told to the client, which also knows the conversation's last count.
    """

    conversation: ConversationKey | None
    sized_tokens: int
    expected_tokens: int


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: on which account, or key of which ``vendor``, by which egress proxy, and how it failed if it did.

    ``started_seconds`` counts from the exchange's start.  ``waited_seconds`` of the time before that went by until the
    account was chosen and had room; ``headers_seconds`` after the start a reply that was no refusal began, None where
    none did.
    """

    account_row_id: str
    vendor: str | None = None
    egress_name: str | None = None
    failure: Failure | None = None
    started_seconds: float = 0.0
    duration_seconds: float = 0.0
    waited_seconds: float = 0.0
    headers_seconds: float | None = None


class ExchangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an exchange.  Durations are seconds; ``first_content_seconds`` is None without content.

    ``started_at`` is an epoch second.  ``aborted`` says that the client left before the end; its ``usage`` is an
    estimate then, as far as content came.  ``service_tier`` is the one that served, as far as anybody said so.
    ``delivered_count`` counts the pieces that were handed to the client, ``images_count`` the pictures in the answer.
    ``prompt`` is there where somebody estimated it.
    """

    request_id: str
    client_key_id: str
    dialect: str
    model_asked: str
    model_used: str | None
    attempts: tuple[AttemptRecord, ...]
    usage: Usage | None
    failure: Failure | None
    notes: tuple[Note, ...]
    first_content_seconds: float | None
    duration_seconds: float
    started_at: float = 0.0
    streamed: bool = False
    aborted: bool = False
    effort: str | None = None
    service_tier: str | None = None
    delivered_count: int = 0
    images_count: int = 0
    prompt: PromptEstimate | None = None


class Observer(Protocol):
    """Learns of finished exchanges; must not block."""

    def finished(self, record: ExchangeRecord) -> None:
        """One exchange ended."""
        ...
