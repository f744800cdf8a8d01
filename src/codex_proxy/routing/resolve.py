"""A client's model name to a model of an upstream, an effort and a tier.

Rules of this file: pure, total, and the same for every dialect.  A name is asked, in this order: the owner's aliases,
the catalogue, a vendor's name before a colon, the vendor keys' own lists, ``model_routing``; then the same without its
suffixes, one after the other from the right; then the patterns of ``model_routing``, which so never take a known model
with a suffix; then all of it without a date.  Last come the names of vendors that have keys, and the built-in families.
An alias is followed once, so that a chain ends and an alias may stand before a model of its own name.
Source: issue 5, decisions 14, translation 4.1.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, Literal

import msgspec

from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing import names
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.names import Reading
from codex_proxy.routing.nearest import nearest

MAX_ALIAS_DEPTH: Final = 20
HOSTED_PICTURES: Final = "gpt-image-2"
"""The picture model that the accounts' chat models have as their tool."""

FAMILIES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), target)
    for pattern, target in (
        (r"opus", "gpt-5.5"),
        (r"sonnet", "gpt-5.4"),
        (r"haiku", "gpt-5.4-mini"),
        (r"fable", "gpt-5.5"),
        (r"gemini.*pro", "gpt-5.5"),
        (r"gemini.*flash", "gpt-5.4-mini"),
    )
)
"""Family words of other vendors' models, matched anywhere in the name."""

VENDORS_NAMES: Final = (("claude", "anthropic"), ("gemini", "gemini"))
"""How the names of a vendor's own models begin, and the vendor's name."""


class Rule(StrEnum):
    """A question that is asked of a name."""

    ALIAS = "alias"
    CATALOGUE = "catalogue"
    PREFIX = "vendor prefix"
    KEY = "vendor key"
    ROUTING = "model_routing"
    PATTERN = "model_routing pattern"
    SUFFIX = "suffix"
    DATE = "date"
    VENDOR_NAME = "vendor's own name"
    FAMILY = "family"
    UNLISTED = "unlisted"
    DEFAULT = "default"
    IMAGE_HOST = "image host"
    BEST = "best listed"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One question: the name it was asked of, and where that leads; ``answer`` is None where the rule passed."""

    rule: Rule
    asked: str
    answer: str | None = None


class VendorRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's model: ``model`` is the vendor's own id, ``vendor`` None where any key that lists it may serve."""

    vendor: str | None
    model: str


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for.  ``effort`` and ``tier`` come from the name's suffixes.

    ``long_context`` says that the name, or that of an alias's target, has the mark of a long window; the window of
    ``model`` is then the longest that it has.
    ``vendor`` None means the ChatGPT accounts; otherwise ``model`` is what is known of the vendor's model, its slug the
    vendor's own id.  ``trace`` are the steps taken, in order.
    """

    model: ModelFacts
    effort: str | None = None
    tier: str | None = None
    notes: tuple[Note, ...] = ()
    vendor: VendorRoute | None = None
    long_context: bool = False
    trace: tuple[Step, ...] = ()


class UnknownModel(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody here serves this name; ``nearest`` are known ids that look like it, ``trace`` the steps taken."""

    name: str
    nearest: tuple[str, ...]
    trace: tuple[Step, ...] = ()


class Resolver(msgspec.Struct, frozen=True, kw_only=True):
    """Resolves names against one catalogue, one set of aliases and what the vendor keys offer.

    ``offers`` are the vendors by the model ids that their keys list, ``vendors`` the names with a key,
    ``model_routing`` vendors by model id or pattern, ``vendor_models`` what is known of vendors' models by id.
    """

    catalogue: Catalogue
    aliases: Mapping[str, str]
    default: str
    image_host: str = ""
    offers: Mapping[str, tuple[str, ...]] = {}
    vendors: frozenset[str] = frozenset()
    model_routing: Mapping[str, str] = {}
    vendor_models: Mapping[str, ModelFacts] = {}
    unknown: Literal["error", "fallback"] = "error"

    def resolve(self, name: str) -> Resolved | UnknownModel:
        """What a client means by ``name``; an empty name is the default model."""
        search = _Search(self)
        if not names.spellings_of(name):
            return search.told(search.default() or search.best(self.default), name)
        found = search.named(name)
        if found is None and self.unknown == "fallback":
            found = search.instead_of(name)
        return search.told(found, name)

    def hosting(self, name: str) -> Resolved | UnknownModel:
        """What makes the picture a client asks ``name`` for: the chat model that hosts a picture model of the accounts.

        Any chat model may be named as well, and a vendor's own picture model where a key lists it.
        """
        spellings = names.spellings_of(name)
        hosted = not spellings or names.PICTURE_MODELS.match(spellings[-1]) is not None
        if not hosted or any(spelling in self.aliases or self._only_a_vendors(spelling) for spelling in spellings):
            return self.resolve(name)
        search = _Search(self)
        return search.told(search.image_host(name), name)

    def _only_a_vendors(self, name: str) -> bool:
        return name in self.offers and name != HOSTED_PICTURES and self.catalogue.find(name) is None


class _Search:
    """One resolution: the steps taken so far, and the aliases followed."""

    def __init__(self, known: Resolver) -> None:
        self._known = known
        self._steps: list[Step] = []
        self._notes: list[Note] = []
        self._followed: set[str] = set()
        self._wants_long = False

    def told(self, found: Resolved | None, name: str) -> Resolved | UnknownModel:
        """The answer to the client, with the way there."""
        trace = tuple(self._steps)
        if found is None:
            return UnknownModel(name=name.strip(), nearest=_nearest(name, self._known), trace=trace)
        model = self._stretched(found.model) if self._wants_long else found.model
        return msgspec.structs.replace(
            found, model=model, notes=tuple(self._notes), long_context=self._wants_long, trace=trace
        )

    def named(self, name: str) -> Resolved | None:
        """What a name that says something leads to."""
        spellings = names.spellings_of(name)
        if not spellings or len(name) > names.MAX_NAME_LENGTH:
            return None
        self._wants_long = self._wants_long or names.wants_long_context(name)
        for spelling in spellings:
            if (found := self._known_by(spelling)) is not None:
                return found
        return self._guessed(spellings[-1])

    def default(self) -> Resolved | None:
        """The model of requests that name none."""
        self._step(Rule.DEFAULT, "", self._known.default)
        return self.named(self._known.default)

    def image_host(self, name: str) -> Resolved | None:
        """The chat model that hosts a picture model."""
        self._step(Rule.IMAGE_HOST, name, self._known.image_host)
        return self.named(self._known.image_host) or self.best(self._known.image_host)

    def instead_of(self, name: str) -> Resolved | None:
        """What serves where the owner wants no unknown model refused."""
        found = self.default() or self.best(self._known.default)
        if found is not None:
            self._note(f"{name.strip()[: names.MAX_NAME_LENGTH]} is not known here; {found.model.slug} serves")
        return found

    def best(self, missing: str) -> Resolved | None:
        """The best listed model in the place of one that the accounts do not have."""
        best = self._known.catalogue.best()
        self._step(Rule.BEST, missing, None if best is None else best.slug)
        if best is None:
            return None
        self._note(f"{missing} is not listed; {best.slug} serves")
        return Resolved(model=best)

    def _stretched(self, model: ModelFacts) -> ModelFacts:
        """The model with the longest window it has; one that is known to be shorter than a million is noted."""
        window = max(model.context_window or 0, model.max_context_window or 0)
        if 0 < window < names.LONG_CONTEXT_TOKENS:
            self._note(f"{names.LONG_CONTEXT_MARK} asks for a window of a million tokens; {model.slug} has {window}")
        return msgspec.structs.replace(model, context_window=window) if window else model

    def _known_by(self, name: str) -> Resolved | None:
        """By what somebody lists or the owner wrote: with and without suffixes, then without a date."""
        start = Reading(name=name)
        while True:
            readings: list[Reading] = []
            for reading in names.readings_of(start):
                if readings:
                    self._step(Rule.SUFFIX, readings[-1].name, reading.name)
                readings.append(reading)
                if (found := self._exactly(reading)) is not None:
                    return _asked(found, reading)
            for reading in readings:
                if (found := self._by_pattern(reading)) is not None:
                    return _asked(found, reading)
            last = readings[-1]
            start = msgspec.structs.replace(last, name=names.undated(last.name))
            if start.name in {"", last.name}:
                return None
            self._step(Rule.DATE, last.name, start.name)

    def _exactly(self, reading: Reading) -> Resolved | None:
        for ask in (self._by_alias, self._in_catalogue, self._by_prefix, self._at_a_key, self._by_routing):
            if (found := ask(reading.name)) is not None:
                return found
        return None

    def _by_alias(self, name: str) -> Resolved | None:
        target = self._known.aliases.get(name)
        if target is None or name in self._followed or len(self._followed) >= MAX_ALIAS_DEPTH:
            return None
        self._followed.add(name)
        self._step(Rule.ALIAS, name, target)
        found = self.named(target)
        if found is None:
            self._note(f"the alias {name} leads to {target}, which nobody serves here")
        return found

    def _in_catalogue(self, name: str) -> Resolved | None:
        model = self._known.catalogue.find(name)
        self._step(Rule.CATALOGUE, name, None if model is None else model.slug)
        return None if model is None else Resolved(model=model)

    def _by_prefix(self, name: str) -> Resolved | None:
        vendor, colon, model = name.partition(":")
        if not (colon and model and vendor in self._known.vendors):
            return None
        return self._at_vendor(vendor, model, Rule.PREFIX, asked=name)

    def _at_a_key(self, name: str) -> Resolved | None:
        if not self._known.offers:
            return None
        vendors = self._known.offers.get(name)
        self._step(Rule.KEY, name, ", ".join(vendors) if vendors else None)
        return self._vendors_model(VendorRoute(vendor=None, model=name)) if vendors else None

    def _by_routing(self, name: str) -> Resolved | None:
        vendor = None if names.is_pattern(name) else self._known.model_routing.get(name)
        return None if vendor is None else self._at_vendor(vendor, name, Rule.ROUTING, asked=name)

    def _by_pattern(self, reading: Reading) -> Resolved | None:
        routing = self._known.model_routing
        fitting = [pattern for pattern in routing if names.is_pattern(pattern) and names.matches(pattern, reading.name)]
        if not fitting:
            return None
        pattern = max(fitting, key=lambda one: (names.literal_length(one), one))
        return self._at_vendor(routing[pattern], reading.name, Rule.PATTERN, asked=reading.name)

    def _at_vendor(self, vendor: str, name: str, rule: Rule, *, asked: str) -> Resolved:
        """The vendor's model: one it lists, with or without suffixes, or else the whole name without a mere tag."""
        is_listed = vendor in self._known.offers.get(name, ())
        whole = Reading(name=name if is_listed else names.untagged(name))
        listed = (one for one in names.readings_of(whole) if vendor in self._known.offers.get(one.name, ()))
        reading = next(listed, whole)
        self._step(rule, asked, f"{vendor}:{reading.name}")
        return _asked(self._vendors_model(VendorRoute(vendor=vendor, model=reading.name)), reading)

    def _vendors_model(self, route: VendorRoute) -> Resolved:
        known = self._known.vendor_models.get(route.model) or ModelFacts(slug=route.model)
        vendor = route.vendor or self._known.offers[route.model][0]
        return Resolved(model=msgspec.structs.replace(known, vendor=vendor), vendor=route)

    def _guessed(self, name: str) -> Resolved | None:
        """By what the name looks like, without its suffixes."""
        *_, reading = names.readings_of(Reading(name=name))
        for ask in (self._as_vendors_name, self._as_family, self._as_unlisted):
            if (found := ask(reading.name)) is not None:
                return _asked(found, reading)
        return None

    def _as_vendors_name(self, name: str) -> Resolved | None:
        named = (vendor for beginning, vendor in VENDORS_NAMES if name.lower().startswith(beginning))
        vendor = next((vendor for vendor in named if vendor in self._known.vendors), None)
        return None if vendor is None else self._at_vendor(vendor, name, Rule.VENDOR_NAME, asked=name)

    def _as_family(self, name: str) -> Resolved | None:
        target = next((target for pattern, target in FAMILIES if pattern.search(name)), None)
        if target is None:
            return None
        self._step(Rule.FAMILY, name, target)
        return self._in_catalogue(target) or self.best(target)

    def _as_unlisted(self, name: str) -> Resolved | None:
        """Until the accounts' own list is in, a name that looks like one of their models passes."""
        if self._known.catalogue.fetched or not names.LOOKS_OPENAI.fullmatch(name):
            return None
        self._step(Rule.UNLISTED, name, name)
        return Resolved(model=ModelFacts(slug=name))

    def _step(self, rule: Rule, asked: str, answer: str | None) -> None:
        self._steps.append(Step(rule=rule, asked=asked, answer=answer))

    def _note(self, detail: str) -> None:
        self._notes.append(Note(path="model", verdict=Verdict.APPROXIMATED, detail=detail))


def _asked(found: Resolved, reading: Reading) -> Resolved:
    """The answer with what the name's suffixes ask for, which wins over what an alias's target asked for."""
    if reading.effort is None and reading.tier is None:
        return found
    return msgspec.structs.replace(found, effort=reading.effort or found.effort, tier=reading.tier or found.tier)


def _nearest(name: str, known: Resolver) -> tuple[str, ...]:
    """Known ids that look like a name."""
    wanted = name.strip()
    if len(wanted) > names.MAX_NAME_LENGTH:
        return ()
    return nearest(wanted, dict.fromkeys(_known_ids(known, with_vendors=":" in wanted)))


def _known_ids(known: Resolver, *, with_vendors: bool) -> Iterator[str]:
    yield from known.catalogue.models
    yield from known.aliases
    for model, vendors in known.offers.items():
        yield from (f"{vendor}:{model}" for vendor in vendors) if with_vendors else (model,)
    yield from (name for name in known.model_routing if not names.is_pattern(name))
