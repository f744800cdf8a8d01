"""What tokens cost: prices by model family, and the cost of what one exchange used.

Rules of this file: money is ``Decimal`` in US dollars, prices are dollars for a million tokens; what has no price costs
None and never 0.  A family is a model's id, or the beginning of ids where it ends in ``*``; ``vendor/family`` holds for
that vendor only.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from codex_proxy.canonical.usage import MOST_TOKENS, ImageUsage, Usage

NOTHING: Final = Decimal(0)
USD_PLACES: Final = Decimal("1e-9")  # a cost is whole billionths of a dollar, so that sums of costs are exact
WILD: Final = "*"

_ONE: Final = Decimal(1)
_MILLION: Final = Decimal(1_000_000)
_RELEASE: Final = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{3,4}|latest|preview(-\d{2}-\d{2,4})?)$")
_SUFFIXES: Final = re.compile(r"(-(fast|flex|none|minimal|low|medium|high|xhigh))+$")
_MOST_REMEMBERED: Final = 1000


class LongContext(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange with more than ``above_tokens`` of input costs this many times as much."""

    above_tokens: int
    input_factor: Decimal = _ONE
    output_factor: Decimal = _ONE


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars for a million tokens of each kind; ``tiers`` are factors by service tier.

    ``image_input`` is for pictures that a model which makes pictures reads.
    """

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal
    image_input: Decimal
    tiers: Mapping[str, Decimal] = {}
    long_context: LongContext | None = None


class DatedPrices(Protocol):
    """Whoever knows what models cost, and as of which day."""

    @property
    def as_of(self) -> str:
        """The day (ISO 8601)."""
        ...

    def cost(
        self, model: str, usage: Usage, *, vendor: str | None = None, service_tier: str | None = None
    ) -> Decimal | None:
        """What these tokens cost in US dollars; None where that is not known."""
        ...


class PriceTable:
    """Prices by family; may be asked in any thread.

    ``as_of`` is the day they were looked up (ISO 8601); ``image_tool`` is the family of the tool that makes pictures.
    """

    def __init__(self, prices: Mapping[str, Price], *, as_of: str, image_tool: str | None = None) -> None:
        self.as_of = as_of
        self.image_tool = image_tool
        self.prices = dict(prices)
        beginnings = (family.removesuffix(WILD) for family in prices if family.endswith(WILD))
        self._beginnings = sorted(beginnings, key=len, reverse=True)
        self._remembered: dict[tuple[str | None, str], Price | None] = {}

    def price_of(self, model: str, *, vendor: str | None = None) -> Price | None:
        """The price of a model by its id as the upstream knows it, at ``vendor`` if there is one; None without one."""
        key = (vendor, model)
        try:
            return self._remembered[key]
        except KeyError:
            found = self._find(model.lower(), vendor)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = found
        return found

    def cost(
        self, model: str, usage: Usage, *, vendor: str | None = None, service_tier: str | None = None
    ) -> Decimal | None:
        """What these tokens cost in US dollars, to a billionth; None where something of it has no price."""
        price = self.price_of(model, vendor=vendor)
        pictures = self._cost_of_pictures(usage.image)
        if price is None or pictures is None:
            return None
        return (_cost(price, usage, service_tier) + pictures).quantize(USD_PLACES)

    def _find(self, model: str, vendor: str | None) -> Price | None:
        for name in _names(model):
            for family in (f"{vendor}/{name}", name) if vendor else (name,):
                found = self.prices.get(family) or self._by_beginning(family)
                if found is not None:
                    return found
        return None

    def _by_beginning(self, family: str) -> Price | None:
        found = next((beginning for beginning in self._beginnings if family.startswith(beginning)), None)
        return None if found is None else self.prices[found + WILD]

    def _cost_of_pictures(self, image: ImageUsage | None) -> Decimal | None:
        if image is None:
            return NOTHING
        price = None if self.image_tool is None else self.prices.get(self.image_tool)
        if price is None:
            return None
        read, text = counted(image.input_tokens), counted(image.text_input_tokens)
        text = min(text, read)
        told = text * price.input + (read - text) * price.image_input + counted(image.output_tokens) * price.output
        return told / _MILLION


def counted(tokens: int) -> int:
    """A number of tokens that can be one."""
    return tokens if 0 <= tokens <= MOST_TOKENS else min(max(tokens, 0), MOST_TOKENS)


def _cost(price: Price, usage: Usage, service_tier: str | None) -> Decimal:
    read = counted(usage.input_tokens)
    cached = min(counted(usage.cached_tokens), read)
    written = min(counted(usage.cache_write_tokens or 0), read - cached)
    fresh = read - cached - written
    into = fresh * price.input + cached * price.cached_input + written * price.cache_write
    out = counted(usage.output_tokens) * price.output
    if price.long_context is not None and read > price.long_context.above_tokens:
        into, out = into * price.long_context.input_factor, out * price.long_context.output_factor
    return (into + out) * price.tiers.get(service_tier or "", _ONE) / _MILLION


def _names(model: str) -> Iterator[str]:
    """The id, and what it is without the words that choose an effort or a tier and without its release."""
    yield model
    plain = _SUFFIXES.sub("", model)
    if plain != model:
        yield plain
    family = _RELEASE.sub("", plain)
    if family != plain:
        yield family
