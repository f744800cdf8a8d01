"""A client's model name to a model of the upstream, an effort and a tier.

Rules of this file: pure.  Order: the name itself, the owner's aliases, the built-in families, then suffixes taken off
from the right, in any order, with the same questions asked after each; a name that ends in a suffix by itself wins.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import msgspec

from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue

EFFORT_SUFFIXES: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TIER_SUFFIXES: Final = {"fast": "priority", "flex": "flex"}
MAX_ALIAS_DEPTH: Final = 20

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

PICTURE_MODELS: Final = re.compile(r"(?:gpt-image|chatgpt-image|dall-e)", re.IGNORECASE)
"""Beginnings of the names of models that make pictures and nothing else; a chat model hosts them."""

_LOOKS_OPENAI: Final = re.compile(r"(?:gpt-|o\d|codex-|chatgpt-)[\w.:-]*", re.IGNORECASE)
_DATED: Final = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|@[\w.-]+)$")
_TRIMMED_SUFFIXES: Final = (":latest", "[1m]")
_NEAREST_COUNT: Final = 3


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for.  ``effort`` and ``tier`` come from the name's suffixes."""

    model: ModelFacts
    effort: str | None = None
    tier: str | None = None
    notes: tuple[Note, ...] = ()


class UnknownModel(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody here serves this name; ``nearest`` are known ids that look like it."""

    name: str
    nearest: tuple[str, ...]


class Resolver:
    """Resolves names against one catalogue and one set of aliases."""

    def __init__(self, *, catalogue: Catalogue, aliases: Mapping[str, str], default: str, image_host: str = "") -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._default = default
        self._image_host = image_host

    def resolve(self, name: str) -> Resolved | UnknownModel:
        """What a client means by ``name``; an empty name is the default model."""
        return self._resolve(_trimmed(name), 0)

    def hosting(self, name: str) -> Resolved | UnknownModel:
        """The chat model that makes the picture a client asks ``name`` for; any chat model may be named as well."""
        wanted = _trimmed(name)
        if wanted in self._aliases or (wanted and not PICTURE_MODELS.match(wanted)):
            return self._resolve(wanted, 0)
        host = self._resolve(_trimmed(self._image_host), 0)
        return host if isinstance(host, Resolved) else self._fallback(self._image_host)

    def _resolve(self, wanted: str, depth: int) -> Resolved | UnknownModel:
        if not wanted:
            return self._fallback(self._default)
        asked = _Asked(effort=None, tier=None)
        rest = wanted
        while True:
            found = self._exact(rest, depth)
            if found is not None:
                return asked.applied_to(found)
            shorter, word = _without_suffix(rest)
            if word is None:
                break
            asked = asked.also(word)
            rest = shorter
        found = self._by_family(rest)
        return asked.applied_to(found) if found is not None else self._undated(wanted, depth)

    def _exact(self, name: str, depth: int) -> Resolved | None:
        model = self._catalogue.find(name)
        if model is not None:
            return Resolved(model=model)
        target = self._aliases.get(name)
        if target is None or depth >= MAX_ALIAS_DEPTH:
            return None
        found = self._resolve(_trimmed(target), depth + 1)
        return found if isinstance(found, Resolved) else None

    def _by_family(self, name: str) -> Resolved | None:
        target = next((target for pattern, target in FAMILIES if pattern.search(name)), None)
        if target is not None:
            found = self._fallback(target)
            return found if isinstance(found, Resolved) else None
        if not self._catalogue.fetched and _LOOKS_OPENAI.fullmatch(name):
            return Resolved(model=ModelFacts(slug=name))  # until the upstream's own list is in
        return None

    def _fallback(self, target: str) -> Resolved | UnknownModel:
        """A model of ours, or the best listed one where the upstream does not have it, with a note."""
        model = self._catalogue.find(target)
        if model is not None:
            return Resolved(model=model)
        best = self._catalogue.best()
        if best is None:
            return UnknownModel(name=target, nearest=())
        detail = f"{target} is not listed; {best.slug} serves"
        return Resolved(model=best, notes=(Note(path="model", verdict=Verdict.APPROXIMATED, detail=detail),))

    def _undated(self, name: str, depth: int) -> Resolved | UnknownModel:
        undated = _DATED.sub("", name)
        if undated != name:
            again = self._resolve(undated, depth)
            if isinstance(again, Resolved):
                return again
        known = [*self._catalogue.models, *self._aliases]
        return UnknownModel(name=name, nearest=tuple(get_close_matches(name, known, n=_NEAREST_COUNT, cutoff=0.4)))


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the suffixes taken off so far ask for; the one nearest to the end of the name wins."""

    effort: str | None
    tier: str | None

    def also(self, word: str) -> "_Asked":
        return _Asked(
            effort=self.effort or (word if word in EFFORT_SUFFIXES else None), tier=self.tier or TIER_SUFFIXES.get(word)
        )

    def applied_to(self, found: Resolved) -> Resolved:
        return msgspec.structs.replace(found, effort=self.effort or found.effort, tier=self.tier or found.tier)


def _trimmed(name: str) -> str:
    trimmed = name.strip().removeprefix("models/").removeprefix("openai/")
    for suffix in _TRIMMED_SUFFIXES:
        trimmed = trimmed.removesuffix(suffix)
    return trimmed


def _without_suffix(name: str) -> tuple[str, str | None]:
    rest, separator, word = name.rpartition("-")
    if separator and rest and (word in EFFORT_SUFFIXES or word in TIER_SUFFIXES):
        return rest, word
    return name, None
