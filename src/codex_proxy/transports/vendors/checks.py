"""What the guard said of base URLs, for as long as that is believed, and which address is gone to.

Rules of this file: a verdict is good for a minute; then the name is resolved and judged again, once for all who wait.
A name that nobody resolves any more keeps its checked addresses for a while, since a client that goes to them needs no
name; a refusal is never kept.  The address in use stays in use while it is among those that were checked last.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from codex_proxy.transports.guard import CheckedUrl, NameUnknown, UrlGuard

BELIEVED_SECONDS: Final = 60.0
UNRESOLVED_SECONDS: Final = 600.0
AGAIN_SECONDS: Final = 5.0
MAX_URLS: Final = 1024
MAX_CHOICES: Final = 2
_V6_MARK: Final = ":"

_Asked: TypeAlias = tuple[str, bool]
"""A base URL, and whether it may lead to private addresses."""


class _Verdict(msgspec.Struct, kw_only=True):
    """What the guard let pass, when it did, and the address that is in use."""

    checked: CheckedUrl
    checked_at: float
    believed_until: float
    in_use: str | None = None


class AddressChecks:
    """Verdicts of a guard for calls that carry a key; ``now`` is for ages only."""

    def __init__(self, guard: UrlGuard, *, now: Callable[[], float]) -> None:
        self._guard = guard
        self._now = now
        self._verdicts: OrderedDict[_Asked, _Verdict] = OrderedDict()
        self._asking: dict[_Asked, asyncio.Lock] = {}

    async def check(self, base_url: str, *, allow_private: bool) -> CheckedUrl:
        """The URL with its addresses in the order to be tried, a few at most.

        Raises:
            AddressRefused: it may not be asked now.
        """
        asked = (base_url, allow_private)
        verdict = self._fresh(asked)
        if verdict is None:
            try:
                async with self._asking.setdefault(asked, asyncio.Lock()):
                    verdict = self._fresh(asked) or await self._ask(asked)
            finally:
                self._asking.pop(asked, None)
        self._verdicts.move_to_end(asked)
        return msgspec.structs.replace(verdict.checked, addresses=_choices(verdict))

    def went_to(self, base_url: str, *, allow_private: bool, address: str | None) -> None:
        """A connection to this address came about; None where the one in use is not reached any more."""
        verdict = self._verdicts.get((base_url, allow_private))
        if verdict is not None:
            verdict.in_use = address

    def _fresh(self, asked: _Asked) -> _Verdict | None:
        verdict = self._verdicts.get(asked)
        return verdict if verdict is not None and self._now() < verdict.believed_until else None

    async def _ask(self, asked: _Asked) -> _Verdict:
        base_url, allow_private = asked
        before = self._verdicts.get(asked)
        try:
            checked = await self._guard.check(base_url, allow_private=allow_private, carries_key=True)
        except NameUnknown:
            if before is None or self._now() - before.checked_at >= UNRESOLVED_SECONDS:
                raise
            before.believed_until = self._now() + AGAIN_SECONDS
            return before
        now, in_use = self._now(), None if before is None else before.in_use
        verdict = _Verdict(checked=checked, checked_at=now, believed_until=now + BELIEVED_SECONDS, in_use=in_use)
        self._verdicts[asked] = verdict
        while len(self._verdicts) > MAX_URLS:
            self._verdicts.popitem(last=False)
        return verdict


def _choices(verdict: _Verdict) -> tuple[str, ...]:
    """The address in use where it is still good, then the first of each family."""
    addresses = verdict.checked.addresses
    firsts = [next((each for each in addresses if (_V6_MARK in each) is six), None) for six in (False, True)]
    in_order = sorted((each for each in firsts if each is not None), key=addresses.index)
    kept = [verdict.in_use] if verdict.in_use in addresses else []
    return tuple(dict.fromkeys([*kept, *in_order]))[:MAX_CHOICES]
