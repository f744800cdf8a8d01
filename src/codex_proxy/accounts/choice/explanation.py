"""Why an account was chosen: what every choice leaves behind, cheap to make and kept for a while.

Rules of this file: no clock; holds ids and counts, no secret and no word of a request.  Times are epoch seconds.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.accounts.choice.need import Basis, Need

KEPT_REQUESTS: Final = 2_000
MAX_CHOICES: Final = 32
"""Choices kept of one request; an exchange makes fewer attempts than that."""


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was not chosen, why, and until when that holds if it is known."""

    row_id: str
    reason: str
    until: float | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice.

    ``chosen`` and ``basis`` are None where nobody could serve.  ``pool_version`` names the pool's state that was chosen
    from, ``passed_over`` counts the accounts left out by reason, ``details`` names some of them; they are there after a
    failover, where nobody could serve, and in a sample.  ``waited_seconds`` is the time spent in queues.
    """

    at: float
    pool_version: int
    chosen: str | None
    basis: Basis | None
    passed_over: Mapping[str, int]
    details: tuple[PassedOver, ...] = ()
    waited_seconds: float = 0.0


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The choices made for one request, in order."""

    request_id: str
    need: Need
    choices: tuple[Choice, ...]


class Explanations:
    """The explanations of the latest requests."""

    def __init__(self, *, limit: int = KEPT_REQUESTS) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, tuple[Need, list[Choice]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, request_id: str, need: Need, choice: Choice) -> None:
        """Add a choice made for a request."""
        known = self._kept.get(request_id)
        if known is None:
            self._kept[request_id] = (need, [choice])
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        elif len(known[1]) < MAX_CHOICES:
            known[1].append(choice)

    def explain(self, request_id: str) -> Explanation | None:
        """What was chosen for a request and why; None where it is not known, or not any more."""
        known = self._kept.get(request_id)
        if known is None:
            return None
        need, choices = known
        return Explanation(request_id=request_id, need=need, choices=tuple(choices))
