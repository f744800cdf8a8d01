"""The vendor keys as they are now: which of them could serve a request, in which order, and what an attempt changes.

Rules of this file: no I/O, no clock.  The order is total: the key that rested longest comes first, and the row id
decides among equals.  Where a vendor is named and none of its keys lists the model, those that say nothing about it
serve: a list is a suggestion there.  Whatever changes counts from the next question on.  Times are epoch seconds (UTC).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import inf
from typing import Final

import msgspec
from msgspec.structs import replace

from codex_proxy.canonical.failure import Failure
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.offers import Offers, offers_of
from codex_proxy.vendors.profile import Capability
from codex_proxy.vendors.standing import settled


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a request needs: a model by the vendor's own id; ``vendor`` None takes any key that lists it."""

    vendor: str | None
    model: str
    capability: Capability = Capability.CHAT


class NoKeyReason(StrEnum):
    """Why no key serves, from what the owner can do least about to what helps by itself."""

    NONE = "none"  # nobody has the model
    INCAPABLE = "incapable"  # who has it does not have it for this
    DISABLED = "disabled"
    REFUSED = "refused"
    TRIED = "tried"
    COOLING = "cooling"


_WEIGHT: Final = {reason: place for place, reason in enumerate(NoKeyReason)}


class NoKey(msgspec.Struct, frozen=True, kw_only=True):
    """No key serves.

    ``retry_at`` is when the first one that rests is back, None where waiting does not help; ``told`` is what the
    vendor said against the key that ``reason`` is about.
    """

    reason: NoKeyReason
    retry_at: float | None = None
    told: str | None = None


class VendorPool:
    """Keys by row id.  ``changed`` hears of every key that stands otherwise than before or was used."""

    def __init__(self, *, changed: Callable[[VendorKey], None] = lambda _: None) -> None:
        self._changed = changed
        self._keys: dict[str, VendorKey] = {}
        self._offers: Offers | None = None

    def put(self, key: VendorKey) -> None:
        """Take a key in, in place of the one with its row id."""
        self._keys[key.row_id] = key
        self._offers = None

    def remove(self, row_id: str) -> None:
        """Take a key out; nothing where there is none."""
        if self._keys.pop(row_id, None) is not None:
            self._offers = None

    def find(self, row_id: str) -> VendorKey | None:
        """The key as it is now."""
        return self._keys.get(row_id)

    def all_keys(self) -> tuple[VendorKey, ...]:
        """All keys, in the order in which they came."""
        return tuple(self._keys.values())

    def offers(self) -> Offers:
        """What the keys offer; the same object as long as nothing about it changed."""
        if self._offers is None:
            self._offers = offers_of(self._keys.values())
        return self._offers

    def rank(self, wanted: Wanted, *, exclude: frozenset[str], now: float) -> tuple[VendorKey, ...] | NoKey:
        """The keys that could serve ``now``, best first; never an empty tuple."""
        asked = [key for key in self._keys.values() if wanted.vendor is None or key.is_named(wanted.vendor)]
        having = [key for key in asked if _has(key, wanted)]
        if not having and wanted.vendor is not None:
            having = [key for key in asked if key.model(wanted.model) is None]
        fit = [key for key in having if _why_not(key, exclude, now) is None]
        if fit:
            return tuple(sorted(fit, key=_order))
        if having:
            return _barred(having, exclude, now)
        is_listed = any(_listed(key, wanted) for key in asked)
        return NoKey(reason=NoKeyReason.INCAPABLE if is_listed else NoKeyReason.NONE)

    def used(self, row_id: str, now: float) -> None:
        """A request goes out with this key."""
        self._change(row_id, lambda key: replace(key, last_used_at=now))

    def settle(self, row_id: str, failure: Failure | None, now: float) -> None:
        """An attempt with this key ended; ``failure`` is None where it succeeded."""
        self._change(row_id, lambda key: settled(key, failure, now))

    def _change(self, row_id: str, change: Callable[[VendorKey], VendorKey]) -> None:
        before = self._keys.get(row_id)
        if before is None:  # it was removed while the attempt ran
            return
        after = change(before)
        if after is not before:
            self._keys[row_id] = after
            self._changed(after)


def _listed(key: VendorKey, wanted: Wanted) -> KeyModel | None:
    model = key.model(wanted.model)
    return model if model is not None and model.enabled else None


def _has(key: VendorKey, wanted: Wanted) -> bool:
    model = _listed(key, wanted)
    return model is not None and wanted.capability in model.capabilities


def _order(key: VendorKey) -> tuple[float, str]:
    return (-inf if key.last_used_at is None else key.last_used_at, key.row_id)


def _why_not(key: VendorKey, exclude: frozenset[str], now: float) -> NoKeyReason | None:
    if key.is_off:
        return NoKeyReason.DISABLED
    if key.status is KeyStatus.ERROR:
        return NoKeyReason.REFUSED
    if key.row_id in exclude:
        return NoKeyReason.TRIED
    return NoKeyReason.COOLING if key.is_cooling(now) else None


def _barred(keys: Sequence[VendorKey], exclude: frozenset[str], now: float) -> NoKey:
    """Why none of these keys serves, by what is least in the way."""
    reasons = {key.row_id: _why_not(key, exclude, now) or NoKeyReason.TRIED for key in keys}
    told = max(reasons.values(), key=_WEIGHT.__getitem__)
    first = min(
        (key for key in keys if reasons[key.row_id] is told),
        key=lambda key: (key.cooling_until or 0.0, key.row_id),
    )
    return NoKey(reason=told, retry_at=first.cooling_until if told is NoKeyReason.COOLING else None, told=first.reason)
