"""Who decides whether a client key may have an exchange, as protocols.

Rules of this file: keys without terms cost one look-up and nothing else; whoever is admitted is settled once, however
the exchange ends.
"""

from typing import Final, Protocol

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Request
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.protocols.base import HeaderPairs


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be asked for.

    ``asked`` is the model as the client wrote it, ``model`` where that leads, None where it leads nowhere; ``vendor``
    is whose it is, None for the accounts' and where any vendor may serve; ``heeds_limit`` says that the upstream keeps
    to the limit that a request sets.  A request that no dialect of ours reads is known by its size and whether its body
    is a form, which then is a recording or a picture.
    """

    asked: str
    model: str | None
    vendor: str | None = None
    heeds_limit: bool = True
    service_tier: str | None = None
    request: Request | None = None
    size_bytes: int = 0
    is_form: bool = False


class Admitted(Protocol):
    """Leave for one exchange."""

    @property
    def headers(self) -> HeaderPairs:
        """Headers that tell the client how near its limits are."""
        ...

    def settle(self, record: ExchangeRecord) -> None:
        """The exchange is over; must not wait.  Further calls do nothing."""
        ...


class Gate(Protocol):
    """The terms of one client key."""

    def refusal(self, *, asked: str, model: str, vendor: str | None) -> Failure | None:
        """Why the key may not use a model, None where it may."""
        ...

    async def admit(self, wish: Wish) -> Admitted | Failure:
        """Leave for an exchange, or why there is none; settle it."""
        ...


class Admission(Protocol):
    """Knows the terms of client keys."""

    def gate_of(self, client_key_id: str) -> Gate | None:
        """The terms of a key; None where it has none and may do everything."""
        ...


class _Open:
    """Implements ``Admission``: no key has terms."""

    def gate_of(self, client_key_id: str) -> Gate | None:
        return None


OPEN: Final[Admission] = _Open()
"""Whoever has a key may do everything."""
