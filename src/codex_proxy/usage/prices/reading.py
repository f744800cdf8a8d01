"""Prices out of data: the packaged file, and the owner's laid over it.

Rules of this file: data is checked here, down to the last member; whatever is wrong is named by its place.  Numbers may
be written as numbers or as texts; both mean what is written, to the last digit.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from codex_proxy.usage.prices.table import LongContext, Price, PriceTable

MOST_USD: Final = Decimal(100_000)  # for a million tokens; more is a slip of the keyboard
MOST_FACTOR: Final = Decimal(1000)

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_TOLD_OF_TABLE: Final = frozenset({"as_of", "image_tool", "models", "source", "note"})
_KINDS: Final = ("input", "cached_input", "cache_write", "output", "image_input")
_TOLD_OF_PRICE: Final = frozenset({*_KINDS, "tiers", "long_context", "source", "note"})
_TOLD_OF_LENGTH: Final = frozenset({"above_tokens", "input_factor", "output_factor"})


class PriceError(Exception):
    """The data at ``path``, such as ``models.acme-1.input``, cannot be used for ``reason``."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def parse_prices(data: Any, *, below: PriceTable | None = None) -> PriceTable:
    """The table in ``data``, laid over the one ``below``: ``{"as_of", "image_tool"?, "models": {family: price}}``.

    A price has ``input`` and ``output``; ``cached_input``, ``cache_write`` and ``image_input`` are as ``input`` where
    they are not told.  A family of null takes the price away.  ``source`` and ``note`` are for people.

    Raises:
        PriceError: something in it cannot be used; names it.
    """
    told = _members("prices", data, _TOLD_OF_TABLE)
    prices = {} if below is None else dict(below.prices)
    for family, price in _members("models", told.get("models"), None).items():
        prices.pop(family.lower(), None)
        if price is not None:
            prices[family.lower()] = _price(f"models.{family}", price)
    image_tool = told.get("image_tool", None if below is None else below.image_tool)
    if image_tool is not None and (not isinstance(image_tool, str) or image_tool not in prices):
        raise PriceError("image_tool", f"{image_tool!r} is no family with a price")
    return PriceTable(prices, as_of=_day(told.get("as_of"), below), image_tool=image_tool)


def _day(told: Any, below: PriceTable | None) -> str:
    """The day; a date that YAML has read is told as it was written."""
    if told is None and below is not None:
        return below.as_of
    day = str(told)
    if not _DAY.fullmatch(day):
        raise PriceError("as_of", "expected a day such as 2026-11-26")
    return day


def _price(path: str, data: Any) -> Price:
    told = _members(path, data, _TOLD_OF_PRICE)
    if missing := [kind for kind in ("input", "output") if kind not in told]:
        raise PriceError(f"{path}.{missing[0]}", "is missing")
    amounts = {kind: _number(f"{path}.{kind}", told[kind], most=MOST_USD) for kind in _KINDS if kind in told}
    factors = {
        tier: _number(f"{path}.tiers.{tier}", factor, most=MOST_FACTOR)
        for tier, factor in _members(f"{path}.tiers", told.get("tiers"), None).items()
    }
    return Price(
        **{kind: amounts.get(kind, amounts["input"]) for kind in _KINDS},
        tiers=factors,
        long_context=_long_context(f"{path}.long_context", told.get("long_context")),
    )


def _long_context(path: str, data: Any) -> LongContext | None:
    if data is None:
        return None
    told = _members(path, data, _TOLD_OF_LENGTH)
    above = told.get("above_tokens")
    if not isinstance(above, int) or isinstance(above, bool) or above < 1:
        raise PriceError(f"{path}.above_tokens", "expected a number of tokens")
    factors = {
        name: _number(f"{path}.{name}", told[name], most=MOST_FACTOR)
        for name in ("input_factor", "output_factor")
        if name in told
    }
    return LongContext(above_tokens=above, **factors)


def _members(path: str, data: Any, known: frozenset[str] | None) -> Mapping[str, Any]:
    """Members by name; nothing at all is no member, and ``known`` None takes any name."""
    told = {} if data is None else data
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told):
        raise PriceError(path, "expected members by name")
    unknown = [] if known is None else [name for name in told if name not in known]
    if unknown:
        raise PriceError(f"{path}.{unknown[0]}", f"is none of {', '.join(sorted(known or ()))}")
    return told


def _number(path: str, told: Any, *, most: Decimal) -> Decimal:
    if isinstance(told, bool) or not isinstance(told, (int, float, str, Decimal)):
        raise PriceError(path, "expected a number")
    try:
        number = Decimal(str(told))
    except InvalidOperation:
        raise PriceError(path, f"{told!r} is no number") from None
    if not number.is_finite() or not 0 <= number <= most:
        raise PriceError(path, f"expected a number between 0 and {most}")
    return number
