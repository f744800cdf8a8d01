"""How often somebody may guess a password.

Rules of this file: no clock.  An attempt counts before it is judged, so that many at once are many; after a few of a
network's each costs twice the wait of the one before.  All networks together are limited as well, but gently, and not
those that the owner came in from: whoever owns many addresses must not lock the owner out.  What is remembered is
bounded.  Times are seconds of a
clock that never goes back.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from codex_proxy.access.dashboard.forwarded import network_of

FREE_COUNT: Final = 5
FIRST_WAIT_SECONDS: Final = 2.0
LONGEST_WAIT_SECONDS: Final = 900.0
FORGOTTEN_SECONDS: Final = 3600.0
FREE_OF_ALL_COUNT: Final = 50
LONGEST_WAIT_OF_ALL_SECONDS: Final = 30.0
MOST_NETWORKS: Final = 4096
MOST_KNOWN: Final = 64
_OWN_NETWORKS: Final = frozenset(map(network_of, ("127.0.0.1", "::1")))


class _Guesses(msgspec.Struct, kw_only=True):
    count: int = 0
    last_at: float = 0.0
    open_at: float = 0.0


class GuessLimits:
    """The attempts of every network, as far as they are remembered."""

    def __init__(self) -> None:
        self._by_network: OrderedDict[str, _Guesses] = OrderedDict()
        self._all = _Guesses()
        self._known: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_network)

    def begin(self, address: str, now: float) -> float:
        """Count an attempt that begins now; the seconds to wait before one may begin, 0 where this one may."""
        network = network_of(address)
        own = self._by_network.get(network) or _Guesses()
        wait = max(own.open_at - now, 0.0 if self._is_known(network) else self._all.open_at - now, 0.0)
        if wait:
            return wait
        _count(own, now, free_count=FREE_COUNT, longest=LONGEST_WAIT_SECONDS)
        _count(self._all, now, free_count=FREE_OF_ALL_COUNT, longest=LONGEST_WAIT_OF_ALL_SECONDS)
        self._by_network[network] = own
        self._by_network.move_to_end(network)
        while len(self._by_network) > MOST_NETWORKS:
            self._by_network.popitem(last=False)
        return 0.0

    def succeeded(self, address: str) -> None:
        """The attempt was the owner's."""
        network = network_of(address)
        self._by_network.pop(network, None)
        self._known[network] = None
        self._known.move_to_end(network)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        self._all.count = max(0, self._all.count - 1)

    def _is_known(self, network: str) -> bool:
        return network in _OWN_NETWORKS or network in self._known


def _count(guesses: _Guesses, now: float, *, free_count: int, longest: float) -> None:
    if now - guesses.last_at > FORGOTTEN_SECONDS:
        guesses.count = 0
    guesses.count += 1
    guesses.last_at = now
    beyond = guesses.count - free_count
    if beyond >= 0:
        guesses.open_at = now + min(longest, FIRST_WAIT_SECONDS * 2.0 ** min(beyond, 32))
