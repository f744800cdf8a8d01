"""Upstreams as an exchange sees them: who is asked next, with which call, and who learns what came of it.

Rules of this file: protocols and the values they pass.  An exchange knows no account and no vendor key; whatever is
particular to one of them happens behind these verbs.
"""

from typing import Protocol

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.ports import Lease, Route
from codex_proxy.gateway.prepare import Prepared
from codex_proxy.gateway.progress import Progress
from codex_proxy.protocols.base import ClientCodec, ReplyFacts, UpstreamCall


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the request's id and the client key's, and the only account that key may use (None for any)."""

    request_id: str
    client_key_id: str
    bound_to: str | None = None


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A call, where it goes, and who reads the answer.

    ``passes`` hands the answer's bytes on as they came, since the client speaks the upstream's dialect and its own body
    was sent; ``is_whole`` says whether one body is expected in place of a stream, None where nothing but a stream can
    come; ``cuts_stops`` that stop strings are left to the gateway; ``notes`` tell what the owner added.
    """

    call: UpstreamCall
    route: Route
    codec: ClientCodec
    passes: bool = False
    is_whole: bool | None = None
    cuts_stops: bool = True
    notes: tuple[Note, ...] = ()


class Candidate(Protocol):
    """Who is asked in one attempt, and the right to ask; its ``lease`` is released by whoever runs the attempt."""

    @property
    def row_id(self) -> str:
        """The account's or vendor key's row id."""
        ...

    @property
    def vendor(self) -> str | None:
        """The vendor's name, None for an account."""
        ...

    @property
    def lease(self) -> Lease:
        """The right to ask."""
        ...

    def has_way(self) -> bool:
        """Whether there still is a way out for its calls."""
        ...

    def outgoing(self) -> Outgoing | Failure:
        """The call; a failure where there is no way to it, or where the upstream's dialect cannot say the request."""
        ...

    def heard(self, facts: ReplyFacts) -> None:
        """The answer's headers are in."""
        ...

    def observe(self, snapshot: RateLimitSnapshot) -> None:
        """The upstream told its counters."""
        ...

    def settle(self, failure: Failure | None, delivery: Delivery | None, *, asked_at: float) -> None:
        """The attempt is over; ``asked_at`` is when it began (epoch seconds)."""
        ...

    def told(self, failure: Failure) -> Failure:
        """The failure as the client may read it."""
        ...

    def lacks_model(self) -> None:
        """The upstream does not give it this model."""
        ...

    async def renew(self) -> bool:
        """Whether it has a newer credential than the one that was refused; waits for one that can be had."""
        ...


class Asking(Protocol):
    """One upstream, as one exchange asks it."""

    @property
    def noun(self) -> str:
        """What its candidates are called, as in ``3 accounts tried``."""
        ...

    async def choose(self, *, exclude: frozenset[str], again: str | None) -> Candidate | Failure:
        """The next to ask, or why there is none; ``again`` is the row id to be asked once more."""
        ...

    def back_at(self, now: float) -> float | None:
        """When somebody can serve, ``now`` if somebody can already; None where nobody knows (epoch seconds)."""
        ...

    def learn_reject(self, field: str) -> None:
        """The upstream refuses this member of a body."""
        ...


class Upstream(Protocol):
    """A kind of upstream."""

    def ask(self, asker: Asker, prepared: Prepared, progress: Progress) -> Asking:
        """This upstream for one exchange."""
        ...
